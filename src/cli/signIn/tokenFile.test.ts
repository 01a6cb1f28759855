import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenFile, tokenFilePath } from './tokenFile.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'token-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

let made = 0;
const newFile = () => createTokenFile(path.join(directory, `${(made += 1)}`, 'state', 'sign-ins.json'));
const signIn = {
  issuer: 'https://issuer.example/',
  clientId: 'cli',
  audience: 'https://admin.example',
  accessToken: 'a',
  refreshToken: null,
  expiresAt: '2026-11-22T10:00:00.000Z',
};

describe('the file of sign-ins', () => {
  it.each([
    [undefined, '/home/ann/.local/state/fulfillment/sign-ins.json'],
    ['/state', '/state/fulfillment/sign-ins.json'],
    ['relative', '/home/ann/.local/state/fulfillment/sign-ins.json'],
    ['', '/home/ann/.local/state/fulfillment/sign-ins.json'],
  ])('with XDG_STATE_HOME %j is %s', (xdgStateHome, filePath) => {
    expect(tokenFilePath({ xdgStateHome, homeDirectory: '/home/ann' })).toBe(filePath);
  });

  it('keeps services apart, and remembers the last', async () => {
    const file = newFile();
    expect(await file.current()).toBeUndefined();
    await file.write('https://one.example', signIn);
    await file.write('https://two.example', { ...signIn, accessToken: 'b' });
    expect(await file.read('https://one.example')).toEqual(signIn);
    expect(await file.read('https://three.example')).toBeUndefined();
    expect(await file.read('__proto__')).toBeUndefined();
    expect(await file.current()).toBe('https://two.example');
    expect(await file.remove('https://two.example')).toBe(true);
    expect(await file.current()).toBeUndefined();
    expect(await file.read('https://one.example')).toEqual(signIn);
  });

  it('is for its owner alone, and leaves nothing beside it', async () => {
    const file = newFile();
    await file.write('https://one.example', signIn);
    await file.write('https://one.example', signIn);
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(path.dirname(file.path))).toEqual(['sign-ins.json']);
  });

  it('is not used once others could have read it', async () => {
    const file = newFile();
    await file.write('https://one.example', signIn);
    await chmod(file.path, 0o640);
    await expect(file.read('https://one.example')).rejects.toMatchObject({
      exitCode: 4,
      code: 'sign_in_file_open',
    });
  });

  it.each(['', '{', '[]', '{"version":2,"current":null,"signIns":{}}'])(
    'is named when it holds %j',
    async (text) => {
      const file = newFile();
      await file.write('https://one.example', signIn);
      await writeFile(file.path, text);
      await expect(file.read('https://one.example')).rejects.toThrow(file.path);
    },
  );
});
