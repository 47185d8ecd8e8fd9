'use strict';

/**
 * Statements beside those of infrastructure/fragments/access.js, for what this service alone may do: `http` starts the
 * machines of resources/machines.js, `tenancy` carries out their steps.
 */

const { allow, sub } = require('../../../infrastructure/fragments/grants');
const access = require('../../../infrastructure/fragments/access');

const arn = (service, resource) => sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);

function startMachines(stage) {
  const names = ['onboarding', 'offboarding'].map((kind) => `zebros-${stage}-${kind}`);
  return [
    allow('StartOperations', ['states:StartExecution'], names.map((name) => arn('states', `stateMachine:${name}`))),
    allow('LookAtOperations', ['states:DescribeExecution'], names.map((name) => arn('states', `execution:${name}:*`))),
  ];
}

/** Tables of single tenants are made outside of CloudFormation, as clones of what the stacks define. */
function makeTenantTables(stage, region, services) {
  const stacks = services.map((service) => arn('cloudformation', `stack/zebros-${service}-${stage}/*`));
  const tables = [arn('dynamodb', `table/zebros-${stage}-t-*`)];
  const functions = services.map((service) => arn('lambda', `function:zebros-${service}-${stage}-stream`));
  const ofOurFunctions = { ArnLike: { 'lambda:FunctionArn': functions } };
  return [
    allow('ReadTemplates', ['cloudformation:GetTemplate', 'cloudformation:DescribeStacks', 'cloudformation:ListStackResources'], stacks),
    allow(
      'ManageTablesOfTenants',
      [
        'dynamodb:CreateTable',
        'dynamodb:DeleteTable',
        'dynamodb:DescribeTable',
        'dynamodb:UpdateTable',
        'dynamodb:DescribeTimeToLive',
        'dynamodb:UpdateTimeToLive',
        'dynamodb:DescribeContinuousBackups',
        'dynamodb:UpdateContinuousBackups',
        'dynamodb:TagResource',
      ],
      tables
    ),
    allow('EncryptTables', ['kms:DescribeKey', 'kms:CreateGrant'], [{ 'Fn::ImportValue': `zebros-${stage}-data-key-arn` }], {
      StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` },
    }),
    // AWS offers no narrower resource for these; what a mapping may feed is narrowed by the condition.
    allow('ListExportsAndMappings', ['cloudformation:ListExports', 'lambda:ListEventSourceMappings'], ['*']),
    allow('FeedStreamFunctions', ['lambda:CreateEventSourceMapping', 'lambda:DeleteEventSourceMapping'], ['*'], ofOurFunctions),
  ];
}

const openDoors = (stage, services) =>
  allow('OpenDoors', ['lambda:InvokeFunction'], services.map((service) => arn('lambda', `function:zebros-${service}-${stage}-offboarding`)));

module.exports = async (variables) => {
  const stage = await variables.resolveVariable('sls:stage');
  const region = await variables.resolveVariable('self:provider.region');
  const services = (await variables.resolveVariable('param:tenantServices')).split(',');
  const statements = await access(variables);
  return {
    http: [...statements.http, ...startMachines(stage)],
    tenancy: [...statements.tenancy, ...makeTenantTables(stage, region, services), openDoors(stage, services)],
  };
};
