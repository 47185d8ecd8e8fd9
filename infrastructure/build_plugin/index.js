'use strict';

/**
 * Builds the one artefact of a service, `.serverless/<service>.zip`: the locked wheels, the service's package, the shared
 * library and the permission table, for Lambda (Python 3.13, arm64) or, with `--stage local`, for the interpreter at hand.
 * Nothing is resolved at build time, and the same source gives the same bytes, so the framework's own comparison of hashes
 * skips what has not changed. Runs for `package`, `deploy` and `deploy function`, alone or under compose.
 *
 * Options in `custom.build`, all with defaults:
 *   packages     folders below the repository whose last part is the package name in the zip
 *                (default: services/<name>/zebros_<name> and libs/zebros_core)
 *   files        name in the zip -> file below the repository (default: permissions.json)
 *   awsServices  botocore's names of the AWS services that the code calls
 *
 * `{artefact}` in the texts of a service's resources becomes the artefact's hash: images that are made from it are named so.
 */

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const { filesBelow } = require('./files');
const { wheelEntries } = require('./wheels');
const { archive, entry } = require('./zip');

const ROOT = path.resolve(__dirname, '../..');
const ARTEFACT = '{artefact}';
const HASH_LENGTH = 20;
const DEFAULT_AWS_SERVICES = ['dynamodb', 'events', 'lambda', 's3', 'sqs', 'ssm', 'sts'];

class BuildPlugin {
  constructor(serverless, options, { log, progress }) {
    this.serverless = serverless;
    this.log = log;
    this.progress = progress;
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => this.build(),
      'before:package:function:package': () => this.build(),
    };
  }

  /** What goes into the zip besides the wheels: sorted [archive name, path] pairs. */
  sources() {
    const name = path.basename(this.serverless.serviceDir);
    const { packages, files } = this.serverless.service.custom?.build ?? {};
    const folders = packages ?? [`services/${name}/zebros_${name}`, 'libs/zebros_core'];
    const single = files ?? { 'permissions.json': 'infrastructure/permissions.json' };
    const missing = [...folders, ...Object.values(single)].filter((item) => !fs.existsSync(path.join(ROOT, item)));
    if (missing.length) {
      throw new this.serverless.classes.Error(`Nothing to build at ${missing.join(', ')}`, 'BUILD_SOURCE_MISSING');
    }
    return [
      ...folders.flatMap((folder) => filesBelow(path.join(ROOT, folder), `${path.basename(folder)}/`)),
      ...Object.entries(single).map(([target, source]) => [target, path.join(ROOT, source)]),
    ].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  nameByContent(content) {
    const { service } = this.serverless;
    const hash = crypto.createHash('sha256').update(content).digest('hex').slice(0, HASH_LENGTH);
    service.resources = JSON.parse(JSON.stringify(service.resources).replaceAll(ARTEFACT, hash));
  }

  async build() {
    const started = Date.now();
    const { service } = this.serverless;
    const stage = this.serverless.getProvider('aws').getStage();
    const step = this.progress.create({ message: `Building the artefact of ${service.service} for ${stage}` });
    try {
      const awsServices = service.custom?.build?.awsServices ?? DEFAULT_AWS_SERVICES;
      const wheels = await wheelEntries({ root: ROOT, service: path.basename(this.serverless.serviceDir), stage, awsServices });
      const own = this.sources().map(([name, file]) => entry(name, fs.readFileSync(file)));
      const artefact = path.join(this.serverless.serviceDir, '.serverless', `${service.service}.zip`);
      const content = archive([...wheels, ...own]);
      fs.mkdirSync(path.dirname(artefact), { recursive: true });
      fs.writeFileSync(artefact, content);
      service.package.artifact = artefact;
      service.artifact = artefact;
      this.nameByContent(content);
      const megabytes = (content.length / 1e6).toFixed(1);
      this.log.info(`Built ${path.basename(artefact)}, ${megabytes} MB, in ${Date.now() - started} ms`);
    } finally {
      step.remove();
    }
  }
}

module.exports = BuildPlugin;
