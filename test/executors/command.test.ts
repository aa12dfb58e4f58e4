import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor, StepProgress, StepRun } from '../../src/core/executor.ts';
import { commandExecutor } from '../../src/executors/command.ts';
import { bornAt } from '../../src/executors/command-folder.ts';
import { forgetRuns } from '../../src/executors/forget-runs.ts';
import { secret } from '../../src/trust/secrets.ts';
import { executorContract } from '../contract/executor.ts';
import { clock, stepRun } from './runs.ts';

const node = process.execPath;
const runner = fileURLToPath(new URL('../../dist/src/executors/command-runner.js', import.meta.url));
if (!existsSync(runner)) throw new Error('there is no dist: run npm run build first, as npm test does');

const botToken = 'xoxb-canary0123456789';
const deployToken = 'deploy-canary0123456789';

/** Says that it began, and ends as the file `end` says; `never`, and it has to be stopped. */
const deploy = `
  import { appendFileSync, readFileSync } from 'node:fs';
  appendFileSync('began', 'once\\n');
  const end = readFileSync('end', 'utf8');
  console.log('deploying');
  if (end === 'never') setInterval(() => {}, 1000);
  else if (end === 'well') console.log('deployed');
  else { console.log(end); process.exitCode = 1; }
`;

interface Workplace {
  readonly dataDir: string;
  readonly commandDir: string;
  readonly build: (environment?: Readonly<Record<string, string>>, ...secrets: readonly string[]) => Executor;
  /** How `deploy.mjs` ends from now on. */
  readonly end: (how: string) => void;
  /** The folder of the only run there has been. */
  readonly folder: () => string;
  /** How often it began. */
  readonly begun: () => number;
  readonly close: (executor: Executor, run: StepRun) => Promise<void>;
}

async function openWorkplace(): Promise<Workplace> {
  const root = await mkdtemp(join(tmpdir(), 'lastgood-command-'));
  const [dataDir, commandDir] = [join(root, 'data'), join(root, 'deploy')];
  await mkdir(dataDir);
  await mkdir(commandDir);
  await writeFile(join(commandDir, 'deploy.mjs'), deploy);
  await writeFile(join(commandDir, 'end'), 'well');
  const { now } = clock();
  return {
    dataDir,
    commandDir,
    build: (environment = {}, ...secrets) =>
      commandExecutor({
        dataDir,
        commandDir,
        now,
        secrets: [botToken, ...secrets].map(secret),
        environment: { PATH: process.env['PATH'], SLACK_BOT_TOKEN: botToken, ...environment },
      }),
    end: (how) => writeFileSync(join(commandDir, 'end'), how),
    folder: () => join(dataDir, 'runs', readdirSync(join(dataDir, 'runs'))[0] ?? ''),
    begun: () => {
      const path = join(commandDir, 'began');
      return existsSync(path) ? readFileSync(path, 'utf8').split('once').length - 1 : 0;
    },
    close: async (executor, run) => {
      const progress = await executor.check(run, undefined, patient());
      if (progress.status === 'running') {
        await executor.cancel?.(run, progress.handle, patient());
        await ended(executor, run);
      }
      await rm(root, { recursive: true });
    },
  };
}

const patient = (): AbortSignal => AbortSignal.timeout(15_000);
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks until it does not run any more. */
async function ended(executor: Executor, run: StepRun): Promise<StepProgress> {
  for (;;) {
    const progress = await executor.check(run, {}, patient());
    if (progress.status !== 'running') return progress;
    await pause(50);
  }
}

async function carriedOut(executor: Executor, run: StepRun): Promise<StepProgress> {
  const started = await executor.start(run, patient());
  return started.status === 'running' ? ended(executor, run) : started;
}

executorContract(async () => {
  const place = await openWorkplace();
  const real = place.build({ DEPLOY_TOKEN: deployToken });
  const run = stepRun({ argv: [node, 'deploy.mjs', '--', '1.4.2'], pass_env: ['DEPLOY_TOKEN'] });
  const trouble = { lose: false, hang: false };
  // The other side is this machine, which always answers; so it is the answer that gets lost here.
  const aborted = async (signal: AbortSignal): Promise<never> => {
    if (!signal.aborted) await once(signal, 'abort');
    throw new Error('took too long');
  };
  const executor: Executor = {
    ...real,
    start: async (step, signal) => {
      const progress = await real.start(step, patient());
      // Under way is what has begun to change things: stopped before that, it has not.
      while (progress.status === 'running' && place.begun() === 0) await pause(10);
      if (trouble.hang) return aborted(signal);
      if (!trouble.lose) return progress;
      trouble.lose = false;
      throw new Error('the answer was lost');
    },
    check: (step, handle, signal) => (trouble.hang ? aborted(signal) : real.check(step, handle, signal)),
    cancel: async (step, handle, signal) =>
      trouble.hang ? aborted(signal) : real.cancel?.(step, handle, signal),
  };
  return {
    executor,
    restarted: () => place.build({ DEPLOY_TOKEN: deployToken }),
    run,
    secret: deployToken,
    end: place.end,
    loseAnswer: () => (trouble.lose = true),
    refuse: place.end,
    hang: () => (trouble.hang = true),
    heal: () => (trouble.hang = false),
    wait: () => pause(100),
    changes: place.begun,
    close: () => place.close(real, run),
  };
});

describe('a command', () => {
  let place: Workplace;
  let executor: Executor;
  let run: StepRun;
  beforeEach(async () => {
    place = await openWorkplace();
    executor = place.build({ HOME: '/home/lastgood', DEPLOY_TOKEN: deployToken, REGION: 'eu' });
    run = stepRun({ argv: [node, 'deploy.mjs'] });
  });
  afterEach(() => place.close(executor, run));

  /** Runs a script of its own. */
  const script = (code: string, more: object = {}): void => {
    writeFileSync(join(place.commandDir, 'script.mjs'), code);
    run = stepRun({ argv: [node, join(place.commandDir, 'script.mjs')], ...more });
  };

  it('says how it ended, what it said last, and where the rest is', async () => {
    expect(await carriedOut(executor, run)).toEqual({
      status: 'done',
      note: `Exit code 0: deployed (output: ${join(place.folder(), 'output.log')})`,
      handle: { output: join(place.folder(), 'output.log') },
    });
    expect(await readFile(join(place.folder(), 'output.log'), 'utf8')).toBe('deploying\ndeployed\n');
    expect((await stat(join(place.folder(), 'output.log'))).mode & 0o777).toBe(0o600);
  });

  it('shows the last line while it runs', async () => {
    place.end('never');
    await executor.start(run, patient());
    const said: string[] = [];
    while (!said.includes('deploying')) {
      said.push((await executor.check(run, {}, patient())).note);
      await pause(50);
    }
    expect(said[0]).toMatch(/^(The command runs\.|deploying)$/);
  });

  it('is not begun a second time, whoever asks', async () => {
    await executor.start(run, patient());
    await executor.start(run, patient());
    await carriedOut(place.build(), run);
    expect(place.begun()).toBe(1);
  });

  it('is not begun a second time where its folder is gone', async () => {
    const started = await executor.start(run, patient());
    if (started.status === 'running') await ended(executor, run);
    await rm(place.folder(), { recursive: true });
    const handle = { output: 'output.log' };
    expect(await executor.check(run, handle, patient())).toMatchObject({
      status: 'unknown',
      note: expect.stringContaining('is gone') as string,
    });
  });

  it('of an operation with the same number in another life is another one', async () => {
    await carriedOut(executor, run);
    await carriedOut(executor, { ...run, since: run.since + 1 });
    expect(place.begun()).toBe(2);
  });

  it('gets its arguments to the letter, with no shell in between', async () => {
    const hostile = ['$(id)', '`id`', '; rm -rf x', '--flag', '-o', '${{ x }}', '"\'', 'ü 🚀', '*'];
    const argv = [node, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...hostile];
    run = stepRun({ argv });
    await carriedOut(executor, run);
    expect(JSON.parse(await readFile(join(place.folder(), 'output.log'), 'utf8'))).toEqual(hostile);
  });

  it('sees nothing of our environment but what it needs and what its step names', async () => {
    script('console.log(JSON.stringify(process.env))', {
      env: { VERSION: '1.4.2' },
      pass_env: ['DEPLOY_TOKEN'],
    });
    await carriedOut(executor, run);
    expect(JSON.parse(await readFile(join(place.folder(), 'output.log'), 'utf8'))).toEqual({
      PATH: process.env['PATH'],
      HOME: '/home/lastgood',
      VERSION: '1.4.2',
      DEPLOY_TOKEN: deployToken,
    });
    expect(await filesOf(place.folder())).not.toContain(botToken);
  });

  it('has none of what it was handed in its note, nor on disk beyond its own output', async () => {
    script('console.log("with", process.env.DEPLOY_TOKEN)', { pass_env: ['DEPLOY_TOKEN'] });
    expect((await carriedOut(executor, run)).note).toContain('Exit code 0: with [secret]');
    await rm(join(place.folder(), 'output.log'));
    expect(await filesOf(place.folder())).not.toContain(deployToken);
  });

  it.each([
    ['a variable that is not set', { pass_env: ['NOWHERE'] }, "Not set in Lastgood's environment: NOWHERE."],
    [
      'a secret of ours under another name',
      { pass_env: ['COPY'] },
      "COPY holds a secret of Lastgood's own, which no command gets.",
    ],
    ['a folder that is not there', { cwd: 'nowhere' }, 'There is no folder nowhere in COMMAND_DIR.'],
    ['a folder elsewhere, through a link', { cwd: 'out' }, 'There is no folder out in COMMAND_DIR.'],
  ])('is not begun with %s', async (_, more, why) => {
    await symlink('/', join(place.commandDir, 'out'));
    executor = place.build({ COPY: `Bearer ${botToken}` });
    script('', more);
    expect(await executor.start(run, patient())).toEqual({
      status: 'failed',
      note: `Nothing was started. ${why}`,
      begun: false,
    });
    expect(existsSync(join(place.dataDir, 'runs'))).toBe(false);
  });

  it('is begun although a short secret stands in a folder’s name, and not where it is handed on', async () => {
    executor = place.build({ HOME: '/root', COPY: 'root:x' }, 'root');
    script('console.log(process.env.HOME)');
    expect((await carriedOut(executor, run)).status).toBe('done');
    const handed = { ...stepRun({ argv: [node], pass_env: ['COPY'] }), id: 'OP-8.1-k3x9w2' };
    expect(await executor.start(handed, patient())).toMatchObject({
      status: 'failed',
      note: expect.stringContaining('COPY holds a secret') as string,
    });
  });

  it.each([{ env: { NODE_OPTIONS: '--inspect' } }, { pass_env: ['NODE_OPTIONS'] }])(
    'is not begun with %o, which its runner would follow, too',
    async (more) => {
      executor = place.build({ NODE_OPTIONS: '--inspect' });
      expect(await executor.start(stepRun({ argv: [node], ...more }), patient())).toMatchObject({
        status: 'failed',
        note: expect.stringContaining('NODE_OPTIONS') as string,
      });
    },
  );

  it('runs in a folder below', async () => {
    await mkdir(join(place.commandDir, 'shop/deploy'), { recursive: true });
    script('console.log(process.cwd())', { cwd: 'shop/deploy' });
    expect((await carriedOut(executor, run)).note).toContain('/deploy/shop/deploy (output');
  });

  it.each([
    ['another exit code', 'process.exitCode = 3', {}, 'failed', /^Exit code 3 \(output/],
    ['an exit code that is expected', 'process.exitCode = 3', { exit: [0, 3] }, 'done', /^Exit code 3/],
    [
      'the words that are expected',
      'console.log("now 1.4.2")',
      { contains: '1.4.2' },
      'done',
      /: now 1\.4\.2/,
    ],
    [
      'other words',
      'console.log("1.5.0")',
      { contains: '1.4.2' },
      'failed',
      /does not say “1\.4\.2”.*1\.5\.0/,
    ],
    ['a signal', 'process.kill(process.pid, "SIGKILL")', {}, 'failed', /^Ended by SIGKILL/],
  ])('that ends with %s', async (_, code, expected, status, note) => {
    script(code, { expect: expected });
    const progress = await carriedOut(executor, run);
    expect(progress.status).toBe(status);
    expect(progress.note).toMatch(note);
  });

  it('that does not exist has failed, and says so', async () => {
    run = stepRun({ argv: ['./nowhere.sh'] });
    expect((await carriedOut(executor, run)).note).toBe(
      './nowhere.sh cannot be started (ENOENT). Is it there, and executable?',
    );
  });

  it('may say what it likes: colours, bars and both channels, in order', async () => {
    script(`import { writeSync } from 'node:fs';
      for (let n = 0; n < 50; n += 1) writeSync(1 + (n % 2), 'line ' + n + '\\n');
      writeSync(2, '10%\\r\\x1b[31m100%\\x1b[0m\\u202e \\x07\\n\\n');`);
    const { note } = await carriedOut(executor, run);
    expect(note).toMatch(/^Exit code 0: 100% \(output/);
    const output = await readFile(join(place.folder(), 'output.log'), 'utf8');
    expect(output.split('\n').slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, n) => `line ${n}`));
  });

  it('may say too much: the beginning and the end are kept, and it is told', async () => {
    script(`import { writeSync } from 'node:fs';
      writeSync(1, 'the beginning\\n');
      for (let n = 0; n < 40; n += 1) writeSync(1, ('x'.repeat(99) + '\\n').repeat(1000));
      writeSync(1, 'the end\\n');`);
    const { note } = await carriedOut(executor, run);
    expect(note).toMatch(/^Exit code 0: the end \(output, cut/);
    const output = await readFile(join(place.folder(), 'output.log'), 'utf8');
    expect(output.length).toBeLessThanOrEqual(1024 * 1024);
    expect(output).toMatch(/^the beginning\n/);
    expect(output).toMatch(/\nthe end\n$/);
  });

  it('is stopped when its time is over, although nobody is there to ask', async () => {
    place.end('never');
    await executor.start({ ...run, until: run.since + 300 }, patient());
    expect(await ended(executor, run)).toMatchObject({
      status: 'failed',
      note: expect.stringMatching(/^Its time was over.*Ended by SIGTERM/) as string,
    });
  });

  it('is stopped with everything that it has started, even when that does not listen', async () => {
    script(`import { spawn } from 'node:child_process';
      process.on('SIGTERM', () => console.log('no'));
      const code = 'process.on("SIGTERM", () => {}); console.log("child", process.pid); setInterval(() => {}, 1000)';
      spawn(process.execPath, ['-e', code], { stdio: 'inherit' });
      setInterval(() => {}, 1000);`);
    await executor.start(run, patient());
    const child = await untilSaid(/child (\d+)/);
    await executor.cancel?.(run, {}, patient());
    expect((await ended(executor, run)).note).toMatch(/^It was asked to stop.*Ended by SIGKILL/);
    await untilGone(Number(child));
    expect(bornAt(Number(child))).toBeUndefined();
  });

  it('has nothing left running when it is over, and says so', async () => {
    script(`import { spawn } from 'node:child_process';
      const code = 'console.log("left", process.pid); setInterval(() => console.log("more"), 10)';
      spawn(process.execPath, ['-e', code], { stdio: 'inherit' }).unref();
      setTimeout(() => process.exit(), 500);`);
    await executor.start(run, patient());
    const left = await untilSaid(/left (\d+)/);
    expect(await ended(executor, run)).toMatchObject({
      status: 'done',
      note: expect.stringMatching(/^Exit code 0.*; what it left running was stopped$/) as string,
    });
    await untilGone(Number(left));
    expect(bornAt(Number(left))).toBeUndefined();
  });

  it('waits for what ends soon after it, and has the last of its output', async () => {
    script(`import { spawn } from 'node:child_process';
      spawn('sh', ['-c', 'sleep 0.2; echo the last words'], { stdio: 'inherit' }).unref();
      process.exit();`);
    expect((await carriedOut(executor, run)).note).toMatch(/^Exit code 0: the last words \(output: [^;]*\)$/);
  });

  it('goes on and writes down its end although everybody else has gone', async () => {
    script(`setTimeout(() => console.log('finished'), 300)`);
    const bot = `
      import { commandExecutor } from ${JSON.stringify(runner.replace('-runner', ''))};
      const [dataDir, commandDir, run] = process.argv.slice(1);
      const executor = commandExecutor({ dataDir, commandDir, environment: process.env, secrets: [], now: () => 0 });
      await executor.start(JSON.parse(run), AbortSignal.timeout(10_000));
      process.kill(process.pid, 'SIGKILL');`;
    const values = [place.dataDir, place.commandDir, JSON.stringify(run)];
    const [, signal] = (await once(
      spawn(node, ['--input-type=module', '-e', bot, ...values], { stdio: 'inherit' }),
      'exit',
    )) as [unknown, string];
    expect(signal).toBe('SIGKILL');
    expect(await ended(executor, run)).toMatchObject({ status: 'done' });
  });

  describe('after a crash', () => {
    it('before anything was written: not begun', async () => {
      expect((await executor.check(run, undefined, patient())).status).toBe('not-started');
    });

    it('between the order and the runner: not begun, and a late runner does not begin it either', async () => {
      await executor.start(run, patient());
      await ended(executor, run);
      await rm(join(place.commandDir, 'began'));
      for (const file of ['started.json', 'result.json']) await rm(join(place.folder(), file));

      expect((await executor.check(run, undefined, patient())).status).toBe('not-started');
      const late = spawn(node, [runner, place.folder()], { cwd: place.commandDir });
      await once(late, 'exit');
      expect(place.begun()).toBe(0);
      expect((await carriedOut(executor, run)).status).toBe('done');
      expect(place.begun()).toBe(1);
    });

    it.each([
      ['the runner was killed', () => ({ pid: 999_999_999, born: 'boot 1' }), /gone without a word/],
      [
        'the machine was restarted',
        () => ({ pid: process.pid, born: 'another boot 1' }),
        /gone without a word/,
      ],
      [
        'its number belongs to another process',
        () => ({ pid: process.pid, born: bornAt(process.pid)?.replace(/\d+$/, '1') }),
        /gone without a word/,
      ],
      ['nobody can tell', () => ({ pid: process.pid }), /may still run/],
      ['it is gone for certain', () => ({ pid: 999_999_999 }), /gone without a word/],
    ])('and %s: unknown, and never begun again', async (_, claim, words) => {
      await carriedOut(executor, run);
      await rm(join(place.folder(), 'result.json'));
      const at = '2026-11-22T03:04:05Z';
      await writeFile(join(place.folder(), 'started.json'), JSON.stringify({ ...claim(), at }));
      const progress = await executor.check(run, undefined, patient());
      expect(progress.status).toBe('unknown');
      expect(progress.note).toMatch(words);
      await executor.start(run, patient());
      expect(place.begun()).toBe(1);
    });
  });

  it.each(['../OP-7.1', 'OP-7.1/..', '/etc/OP-1.1', 'OP-7', ''])(
    'never has a folder under %j',
    async (id) => {
      await expect(executor.start({ ...run, id }, patient())).rejects.toThrow('strange id');
      expect(existsSync(join(place.dataDir, 'runs'))).toBe(false);
    },
  );

  it('is forgotten after a while, unless it runs', async () => {
    const other = { ...run, id: 'OP-6.1' };
    await carriedOut(executor, other);
    place.end('never');
    await executor.start(run, patient());
    const long = new Date('2020-01-01T00:00:00Z');
    for (const name of readdirSync(join(place.dataDir, 'runs')))
      await utimes(join(place.dataDir, 'runs', name), long, long);
    expect(await forgetRuns(place.dataDir, long.getTime())).toBe(0);
    expect(await forgetRuns(place.dataDir, long.getTime() + 1)).toBe(1);
    expect(readdirSync(join(place.dataDir, 'runs'))).toHaveLength(1);
    expect(place.folder()).toContain('OP-7.1');
  });

  async function untilSaid(words: RegExp): Promise<string> {
    for (;;) {
      const path = join(place.folder(), 'output.log');
      const found = existsSync(path) ? words.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
      if (found !== undefined) return found;
      await pause(20);
    }
  }
});

describe('the policy of a command', () => {
  const { schema } = commandExecutor({
    dataDir: '',
    commandDir: '',
    environment: {},
    secrets: [],
    now: () => 0,
  });
  const complaint = (step: object): string | undefined => schema.safeParse(step).error?.issues[0]?.message;

  it.each([
    [['./deploy.sh', '--', '{{version}}', '{{reason}}']],
    [['./deploy.sh', '--version={{version}}', '--reason={{reason}}']],
    [['./deploy.sh', 'shop:{{version}}', 'v{{version}}']],
    [['kubectl', 'set', 'env', 'deployment/shop', 'VERSION={{version}}']],
    [['bash', '-c', './deploy "$1"', '--', '{{version}}']],
    [['sudo', '--', 'bash', 'deploy.sh', '--', '{{reason}}']],
    [['node', 'deploy.mjs', '--to={{version}}', '--', '{{reason}}']],
    [['bash', 'deploy.sh', '--why={{reason}}']],
    [['ssh', 'host', './deploy']],
  ])('takes %j', (argv) => {
    expect(complaint({ argv })).toBeUndefined();
  });

  it.each([
    [['{{app}}'], 'expected a program by its own name'],
    [['./{{app}}/deploy'], 'expected a program by its own name'],
    [['./deploy.sh', '{{version}}'], 'expected "--" as an argument of its own somewhere before it'],
    [['./deploy.sh', '-{{version}}'], 'expected "--"'],
    [['./deploy.sh', '-m{{reason}}'], 'expected "--"'],
    [['./deploy.sh', '--{{reason}}'], 'expected "--"'],
    [['./deploy.sh', '{{version}}', '--'], 'expected "--"'],
    [['bash', '-c', './deploy {{version}}'], 'bash may read it as a program'],
    [['/bin/sh', '-c', 'x={{reason}}'], 'sh may read it as a program'],
    [['sudo', '--', 'bash', '-c', './deploy {{reason}}'], 'bash may read it as a program'],
    [['kubectl', 'exec', 'shop', '--', 'sh', '-c', 'deploy {{reason}}'], 'sh may read it as a program'],
    [['node', '--eval={{reason}}'], 'node may read it as a program'],
    [['node', '{{app}}.mjs'], 'node may read it as a program'],
    [['sed', 's/x/{{reason}}/e', 'file'], 'sed may read it as a program'],
    [['python3', '-c', 'print("{{reason}}")'], 'python3 may read it as a program'],
    [['ssh', 'host', '--', './deploy', '{{reason}}'], 'ssh gives its arguments to a shell'],
    [['./deploy.sh', 'a\0b'], 'expected text without control characters'],
    [['./deploy.sh', 'a\nb'], 'expected text without control characters'],
    [[], 'Too small'],
  ])('refuses %j', (argv, words) => {
    expect(complaint({ argv })).toContain(words);
  });

  it.each([
    ['a folder elsewhere', { cwd: '/etc' }],
    ['a way out', { cwd: 'shop/../../x' }],
    ['a folder to be filled in', { cwd: '{{app}}' }],
    ['a variable that is none', { env: { 'A-B': 'x' } }],
    ['a NUL in a variable', { env: { A: 'a\0b' } }],
    ['a token of ours', { pass_env: ['SLACK_BOT_TOKEN'] }],
    ['a file of ours', { pass_env: ['GITHUB_TOKEN_FILE'] }],
    ['an exit code that is none', { expect: { exit: [256] } }],
    ['a shell', { shell: true }],
  ])('refuses %s', (_, more) => {
    expect(complaint({ argv: ['./deploy.sh'], ...more })).toBeDefined();
  });
});

async function filesOf(folder: string): Promise<string> {
  const texts = await Promise.all(readdirSync(folder).map((name) => readFile(join(folder, name), 'utf8')));
  return texts.join('\n');
}

async function untilGone(pid: number): Promise<void> {
  while (bornAt(pid) !== undefined) await pause(50);
}
