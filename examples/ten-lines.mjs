// Two teachers, a student, and their comparison. Run node examples/ten-lines.mjs next to a file clicks.csv of customers and products.
import { compare, distill, loadData, train } from 'recdistill';

const data = await loadData('clicks.csv', { user: 'customer', item: 'product' });
const teachers = [await train('lightgcn', { data }), await train('ials', { data })];
const student = await distill('hetcomp', { teachers, student: 'bpr-mf', dim: 8 });
console.log(student.metrics['recall@10'], compare([student, ...teachers]).toMarkdown());
await student.saveBundle('student/');
