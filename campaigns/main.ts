/** `npm run campaign -- NAME`: runs a campaign and prints what it tried and what failed. */
import { parseArgs } from 'node:util';
import { fail, RecdistillError } from 'recdistill';
import { campaigns } from './index.js';

const HELP = `Runs a campaign: many seeded cases of one kind of fault. The exit code is 1 if one failed.

  npm run campaign                lists the campaigns
  npm run campaign -- NAME        runs one

Options:
  --seed N    seed of the random choices (1)
  --cases N   number of random cases
  --short     the small number of cases that npm test runs`;

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        ...{ seed: { type: 'string', default: '1' }, cases: { type: 'string' } },
        ...{ short: { type: 'boolean', default: false }, help: { type: 'boolean' } },
      },
    });
  } catch (error) {
    return fail('usage', { problem: error instanceof Error ? error.message : String(error), hint: HELP });
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 1)
    fail('bad-option', { option, owner: 'campaign', given: text, expected: 'a whole number from 1' });
  return number;
}

async function main(): Promise<void> {
  const { positionals, values } = read();
  if (values.help || positionals.length === 0) {
    const width = Math.max(0, ...campaigns.map(({ name }) => name.length));
    const list = campaigns.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
    process.stdout.write(`${HELP}\n\nCampaigns:\n${list}`);
    return;
  }
  if (positionals.length > 1)
    fail('usage', { problem: `${positionals.length} campaigns are given, one expected`, hint: HELP });
  const campaign =
    campaigns.find(({ name }) => name === positionals[0]) ??
    fail('unknown-name', { kind: 'campaign', given: positionals[0]!, known: campaigns.map((c) => c.name).join(', ') });
  const seed = wholeNumber('seed', values.seed);
  const cases = values.cases === undefined ? {} : { cases: wholeNumber('cases', values.cases) };
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const { tried, failures, longest, peakMegabytes } = await campaign.run({ seed, short: values.short, say, ...cases });
  process.stdout.write(
    `${campaign.name}, seed ${seed}: ${tried} tried, ${failures.length} failed, ` +
      `longest ${(longest.milliseconds / 1000).toFixed(1)} s (${longest.name}), peak memory ${Math.round(peakMegabytes)} MB\n`,
  );
  if (failures.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof RecdistillError)) throw error;
  process.stderr.write(`error: ${error.message}\n${error.hint}\n`);
  process.exitCode = error.exitCode;
}
