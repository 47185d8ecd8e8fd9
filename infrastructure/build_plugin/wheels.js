'use strict';

/**
 * The third-party part of an artefact: the wheels of `requirements/<service>.lock` or, for a service that needs no more
 * than the others, of `requirements/runtime.lock`, compressed once per lock, target and list of AWS services, and kept in
 * `.build/wheels/`. A warm build reads one file.
 */

const { execFile } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { promisify } = require('util');
const v8 = require('v8');

const { filesBelow } = require('./files');
const { entry } = require('./zip');

/** Part of the cache key: raise it when this folder changes what a build produces. */
const BUILD_FORMAT = 2;

const AWS_TARGET = ['--python-version', '3.13', '--python-platform', 'aarch64-manylinux_2_28', '--only-binary', ':all:'];

/** Published without a wheel: built where the artefact is. Pure Python, so that it is the same for every target. */
const SOURCES_ONLY = ['font-roboto'];

const firstExisting = (...candidates) => candidates.find((candidate) => candidate && fs.existsSync(candidate));

/** What uv is told so that nothing looks at a source's time: an archive's are not the build's. */
const COMPILED = 'UNCHECKED_HASH';

/**
 * uv's arguments for where the artefact will run: Lambda on arm64 or, on a laptop, the interpreter that is there. There
 * each function is a process of its own on a fresh copy: compiled once for all, they start in half the time. For Lambda
 * that would be another interpreter's bytecode, and no more than one start's in each container.
 */
function targetArguments(root, stage) {
  if (stage !== 'local') return AWS_TARGET;
  // By the environment's own path: a copy of the checkout that links to it shares what was built.
  const environment = firstExisting(path.join(root, '.venv'));
  const python = firstExisting(process.env.ZEBROS_PYTHON, environment && path.join(fs.realpathSync(environment), 'bin/python'));
  return ['--python', python ?? 'python3', '--only-binary', ':all:', '--compile-bytecode'];
}

/** botocore describes 400 services in 25 MB of JSON; only those that are called are shipped. */
function unusedServiceData(awsServices) {
  const used = new Set(awsServices);
  return (name) => {
    const service = /^boto(?:core|3)\/data\/([^/]+)\//.exec(name)?.[1];
    return service !== undefined && !used.has(service);
  };
}

async function install(root, lock, target, folder) {
  const uv = firstExisting(process.env.ZEBROS_UV, path.join(root, '.venv/bin/uv')) ?? 'uv';
  const args = ['pip', 'install', '--quiet', '--no-deps', '--require-hashes', '--link-mode', 'copy', ...target];
  args.push(...SOURCES_ONLY.flatMap((name) => ['--no-binary', name]));
  try {
    const env = { ...process.env, PYC_INVALIDATION_MODE: COMPILED };
    await promisify(execFile)(uv, [...args, '--target', folder, '--requirements', lock], { cwd: root, env });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error(`"${uv}" is needed to build artefacts: run "make install", or set ZEBROS_UV`);
    throw new Error(`uv could not install ${path.relative(root, lock)}: ${error.stderr || error.message}`);
  }
}

/** Compressed entries of the locked wheels, sorted by name. */
async function wheelEntries({ root, service, stage, awsServices }) {
  const lock = firstExisting(...[service, 'runtime'].map((name) => path.join(root, `requirements/${name}.lock`)));
  const target = targetArguments(root, stage);
  const key = crypto
    .createHash('sha256')
    .update(JSON.stringify([BUILD_FORMAT, process.versions.zlib, target, [...awsServices].sort()]))
    .update(fs.readFileSync(lock))
    .digest('hex')
    .slice(0, 24);
  const cache = path.join(root, '.build/wheels');
  const cached = path.join(cache, `${key}.bin`);
  if (fs.existsSync(cached)) return v8.deserialize(fs.readFileSync(cached));

  fs.mkdirSync(cache, { recursive: true });
  // Services are built side by side: each works in its own folder, and the last rename wins with equal bytes.
  const work = fs.mkdtempSync(path.join(cache, 'work-'));
  try {
    const folder = path.join(work, 'site-packages');
    await install(root, lock, target, folder);
    const wanted = { skip: unusedServiceData(awsServices), bytecode: target.includes('--compile-bytecode') };
    const entries = filesBelow(folder, '', wanted).map(([name, file]) => entry(name, fs.readFileSync(file)));
    const packed = path.join(work, 'entries');
    fs.writeFileSync(packed, v8.serialize(entries));
    fs.renameSync(packed, cached);
    return entries;
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

module.exports = { wheelEntries };
