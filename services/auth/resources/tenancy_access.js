'use strict';

/**
 * Statements beside those of infrastructure/fragments/access.js, for what this service alone may do: `tenancy` carries out
 * the steps of the machines of resources/machines.js.
 */

const { allow, own } = require('../../../infrastructure/fragments/grants');
const access = require('../../../infrastructure/fragments/access');

/** Tables of single tenants are made outside of CloudFormation, as clones of what the stacks define. */
function makeTenantTables(stage, region, services) {
  const stacks = services.map((service) => own('cloudformation', `stack/zebros-${service}-${stage}/*`));
  const tables = [own('dynamodb', `table/zebros-${stage}-t-*`)];
  const functions = services.map((service) => own('lambda', `function:zebros-${service}-${stage}-stream`));
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
  allow('OpenDoors', ['lambda:InvokeFunction'], services.map((service) => own('lambda', `function:zebros-${service}-${stage}-offboarding`)));

module.exports = async (variables) => {
  const stage = await variables.resolveVariable('sls:stage');
  const region = await variables.resolveVariable('self:provider.region');
  const services = (await variables.resolveVariable('param:tenantServices')).split(',');
  const statements = await access(variables);
  return {
    tenancy: [...statements.tenancy, ...makeTenantTables(stage, region, services), openDoors(stage, services)],
  };
};
