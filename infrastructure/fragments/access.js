'use strict';

/**
 * The IAM statements of each function from a service's `custom.access`, a table of who may do what:
 *
 *   http:
 *     read: [customers]               # GetItem, BatchGetItem, Query; on its indexes too
 *     scan: [customers]               # Scan, without the indexes: for the function `offboarding` only
 *     write: [customers]              # PutItem, UpdateItem, DeleteItem, conditions of transactions; no index
 *     objects: { documents: [read, write, delete] }   # or `erase`: every version of an object, and uploads under way;
 *                                                     # `thaw`: those of cold storage are made readable for some days
 *     publish: true                   # PutEvents on the bus
 *     secrets: true                   # the key of signed cursors
 *     identity: true                  # the secret of the client that administers the realm
 *     cache: true                     # the cache's password, where the stage has a cache (cache.js)
 *     streams: [customers]            # streams of tenants' own tables
 *     as: tenant                      # or both: see tenant_role.js
 *     topics: [notifications]         # sns:Publish to `zebros-{stage}-{topic}`
 *     mail: true                      # SendEmail from the stage's sender, and no other; `raw`: whole messages too
 *     defers: { reminder: [create, delete] }   # schedules of schedules.js: also `read`, `update`
 *     calls: [customers]              # the bulk doors of these services: `zebros-{service}-{stage}-bulk`
 *     machines: { start: [onboarding] }   # also `look`, `stop`: executions of `zebros-{stage}-onboarding` (machines.js)
 *     signs: true                     # certificates, with the stage's key for them
 *     seals: [backup]                 # data keys of tenants for this purpose, made and opened with the stage's data key
 *     devices: [register, push]       # endpoints of the stage's push applications; messages to them
 *
 * `functions.http.iamRoleStatements: ${file(../../infrastructure/fragments/access.js):http}`; a name that is no function's
 * is for a role that a service makes itself. A table name stands for the
 * shared table and for the same table of a tenant that has its own (`zebros-{stage}-t-{tenant}-{name}`). Nothing here
 * grants PartiQL, table management, or an action by wildcard, and Scan goes to no function but the one through which a
 * whole tenant leaves; every function may read the tenant registry.
 */

const { pascal } = require('./alarm');
const { TABLE_ACTIONS, allow, keyStatement, machineName, own, scheduleGroupName, scheduleRoleId, sub, tenantRoleArn } = require('./grants');

const STREAM_ACTIONS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream'];
const OBJECT_ACTIONS = {
  read: ['s3:GetObject'],
  write: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
  delete: ['s3:DeleteObject'],
  erase: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
  thaw: ['s3:RestoreObject'],
};
const LIST_ACTIONS = {
  // Without it S3 answers 403 for a key that does not exist, and refuses to be the destination of a failed batch.
  always: ['s3:ListBucket'],
  erase: ['s3:ListBucketVersions', 's3:ListBucketMultipartUploads'],
};
const SCANS = 'offboarding';
const REGISTRY = 'tenants';

const KEY_USERS = ['dynamodb', 's3', 'sqs', 'secretsmanager'];

function tableArns(stage, table, suffix = '') {
  const names = [`zebros-${stage}-${table}`, `zebros-${stage}-t-*-${table}`];
  return names.map((name) => sub(`arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/${name}${suffix}`));
}

const bucketArn = (stage, purpose, suffix = '') =>
  sub(`arn:\${AWS::Partition}:s3:::zebros-${stage}-\${AWS::AccountId}-${purpose}${suffix}`);

function tableStatements(stage, { read = [], scan = [], write = [], streams = [] }) {
  const statements = [
    allow('ReadRegistry', ['dynamodb:GetItem'], [tableArns(stage, REGISTRY)[0]]),
  ];
  if (read.length) {
    const arns = read.flatMap((table) => [...tableArns(stage, table), ...tableArns(stage, table, '/index/*')]);
    statements.push(allow('ReadTables', TABLE_ACTIONS.read, arns));
  }
  if (scan.length) {
    statements.push(allow('ScanTables', ['dynamodb:Scan'], scan.flatMap((table) => tableArns(stage, table))));
  }
  if (write.length) {
    statements.push(allow('WriteTables', TABLE_ACTIONS.write, write.flatMap((table) => tableArns(stage, table))));
  }
  if (streams.length) {
    const arns = streams.map((table) => tableArns(stage, table, '/stream/*')[1]);
    statements.push(allow('ReadStreamsOfTenantTables', STREAM_ACTIONS, arns));
  }
  return statements;
}

function objectStatements(stage, objects = {}) {
  return Object.entries(objects).flatMap(([purpose, verbs]) => {
    const suffix = purpose[0].toUpperCase() + purpose.slice(1);
    const actions = verbs.flatMap((verb) => OBJECT_ACTIONS[verb]);
    return [
      allow(`Objects${suffix}`, actions, [bucketArn(stage, purpose, '/*')]),
      allow(
        `List${suffix}`,
        [...LIST_ACTIONS.always, ...(verbs.includes('erase') ? LIST_ACTIONS.erase : [])],
        [bucketArn(stage, purpose)]
      ),
    ];
  });
}

/** Reading a secret by name through SSM takes both rights. */
const secretStatements = (sid, stage, name, secret) => [
  allow(`Read${sid}Parameter`, ['ssm:GetParameter'], [
    own('ssm', `parameter/aws/reference/secretsmanager/zebros/${stage}/${name}`),
  ]),
  allow(`Read${sid}`, ['secretsmanager:GetSecretValue'], [secret]),
];

const cursorSecret = (stage) =>
  secretStatements('Secret', stage, 'cursor-secret', { 'Fn::ImportValue': `zebros-${stage}-cursor-secret-arn` });

const cachePassword = (stage) =>
  secretStatements('CachePassword', stage, 'cache-password', { 'Fn::ImportValue': `zebros-${stage}-cache-password-arn` });

/** By its name, to which Secrets Manager adds six characters: with an issuer of another stack an operator makes it. */
const identitySecret = (stage) =>
  secretStatements('IdentitySecret', stage, 'keycloak-admin', own('secretsmanager', `secret:zebros/${stage}/keycloak-admin-??????`));

const DEVICE_ACTIONS = {
  register: ['sns:CreatePlatformEndpoint', 'sns:GetEndpointAttributes', 'sns:SetEndpointAttributes', 'sns:DeleteEndpoint'],
  push: ['sns:GetEndpointAttributes', 'sns:Publish'],
};

const MAIL_ACTIONS = { true: ['ses:SendEmail'], raw: ['ses:SendEmail', 'ses:SendRawEmail'] };

const SCHEDULE_ACTIONS = {
  create: 'scheduler:CreateSchedule',
  read: 'scheduler:GetSchedule',
  update: 'scheduler:UpdateSchedule',
  delete: 'scheduler:DeleteSchedule',
};
// Whoever writes a schedule says as which role it sends.
const GIVES_ROLE = ['create', 'update'];

function deferStatements(stage, defers = {}) {
  return Object.entries(defers).flatMap(([name, verbs]) => {
    const suffix = `${pascal(name)}Schedules`;
    const schedules = own('scheduler', `schedule/${scheduleGroupName(stage, name)}/*`);
    const role = { 'Fn::GetAtt': [scheduleRoleId(name), 'Arn'] };
    return [
      allow(`Keep${suffix}`, verbs.map((verb) => SCHEDULE_ACTIONS[verb]), [schedules]),
      ...(verbs.some((verb) => GIVES_ROLE.includes(verb))
        ? [
            allow(`Give${suffix}TheirRole`, ['iam:PassRole'], [role], {
              StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
            }),
          ]
        : []),
    ];
  });
}

/**
 * By name and without a qualifier, as callers invoke: a door has no alias, and its unpublished version is the newest. The
 * door itself looks at the signed context that it is given.
 */
const callStatements = (stage, calls = []) =>
  calls.length
    ? [allow('CallDoors', ['lambda:InvokeFunction'], calls.map((service) => own('lambda', `function:zebros-${service}-${stage}-bulk`)))]
    : [];

/** Verb -> what it takes, and whether that is asked of the machine or of its executions. */
const MACHINE_ACTIONS = {
  start: ['states:StartExecution', (name) => `stateMachine:${name}`],
  look: ['states:DescribeExecution', (name) => `execution:${name}:*`],
  stop: ['states:StopExecution', (name) => `execution:${name}:*`],
};

const machineStatements = (stage, machines = {}) =>
  Object.entries(machines).map(([verb, names]) => {
    const [action, resource] = MACHINE_ACTIONS[verb];
    return allow(`${pascal(verb)}Machines`, [action], names.map((name) => own('states', resource(machineName(stage, name)))));
  });

const signStatements = (stage) => [
  allow('SignCertificates', ['kms:Sign', 'kms:GetPublicKey'], [{ 'Fn::ImportValue': `zebros-${stage}-certificates-key-arn` }]),
];

/**
 * A tenant's data key is made and opened under the name of the tenant and of what it is for, and of nothing else: what was
 * sealed for one cannot be opened for another, whoever mixes them up.
 */
const sealStatements = (stage, purposes = []) =>
  purposes.map((purpose) =>
    allow(`Seal${pascal(purpose)}`, ['kms:GenerateDataKey', 'kms:Decrypt'], [{ 'Fn::ImportValue': `zebros-${stage}-data-key-arn` }], {
      StringEquals: { 'kms:EncryptionContext:purpose': purpose },
      StringLike: { 'kms:EncryptionContext:tenantId': '????*' },
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['purpose', 'tenantId'] },
    })
  );

function notifyStatements(stage, sender, { topics = [], mail, devices = [] }) {
  const statements = [];
  if (topics.length) {
    statements.push(allow('PublishToTopics', ['sns:Publish'], topics.map((topic) => own('sns', `zebros-${stage}-${topic}`))));
  }
  if (mail) {
    statements.push(
      allow('SendMail', MAIL_ACTIONS[mail], [own('ses', 'identity/*'), own('ses', `configuration-set/zebros-${stage}`)], {
        StringEquals: { 'ses:FromAddress': sender },
      })
    );
  }
  if (devices.length) {
    // Applications are made by an operator, under the stage's name: they hold keys of Apple and Google.
    const names = [`app/*/zebros-${stage}`, `endpoint/*/zebros-${stage}/*`];
    const actions = [...new Set(devices.flatMap((verb) => DEVICE_ACTIONS[verb]))];
    statements.push(allow('ReachDevices', actions, names.map((name) => own('sns', name))));
  }
  return statements;
}

/** What is left of a function's tables when it reaches those of tenants through the tenant role only. */
function ownTables(grants, tables, assumes) {
  if (!assumes || grants.as !== 'tenant') return grants;
  const platform = (names) => (names ?? []).filter((table) => tables[table].platform);
  return { ...grants, read: platform(grants.read), write: platform(grants.write) };
}

module.exports = async ({ resolveConfigurationProperty, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const region = await resolveVariable('self:provider.region');
  const hasCache = (await resolveVariable('param:cacheMode')) !== 'none';
  const access = await resolveConfigurationProperty(['custom', 'access']);
  const tables = await resolveConfigurationProperty(['custom', 'tables']);
  const service = await resolveConfigurationProperty(['custom', 'name']);
  const perTenant = await resolveVariable('param:tenantCredentials');
  const sender = await resolveVariable('param:mailFrom');
  const statements = {};
  for (const [name, grants] of Object.entries(access)) {
    if (grants.scan && name !== SCANS) throw new Error(`${name}: only the function ${SCANS} may scan`);
    const assumes = perTenant && grants.as;
    statements[name] = [
      ...tableStatements(stage, ownTables(grants, tables, assumes)),
      ...(assumes ? [allow('AssumeTenantRole', ['sts:AssumeRole', 'sts:TagSession'], [tenantRoleArn(service, stage)])] : []),
      ...objectStatements(stage, grants.objects),
      ...(grants.publish
        ? [allow('PublishEvents', ['events:PutEvents'], [{ 'Fn::ImportValue': `zebros-${stage}-event-bus-arn` }])]
        : []),
      ...(grants.secrets ? cursorSecret(stage) : []),
      ...(grants.identity ? identitySecret(stage) : []),
      ...notifyStatements(stage, sender, grants),
      ...deferStatements(stage, grants.defers),
      ...callStatements(stage, grants.calls),
      ...machineStatements(stage, grants.machines),
      ...(grants.signs ? signStatements(stage) : []),
      ...sealStatements(stage, grants.seals),
      ...(grants.cache && hasCache ? cachePassword(stage) : []),
      keyStatement(stage, region, grants.topics ? [...KEY_USERS, 'sns'] : KEY_USERS),
    ];
  }
  return statements;
};
