/** Models of each kind on data of medium size, where models, rankings and data matter. `npm run campaign -- memory` tries every one. */
import { testModels } from './_models.test.support.js';

testModels('synthetic:3000x4000x80000', 1, ['bpr-mf', 'ease', 'item-knn', 'mult-vae', 'neumf']);
