'use strict';

/** What statements of functions' own roles (access.js), of tenant roles (tenant_role.js) and of queues and schedules share. */

const { pascal } = require('./alarm');

const TABLE_ACTIONS = {
  read: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
  write: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'],
};

const sub = (text) => ({ 'Fn::Sub': text });
/** A resource of this account and region. */
const own = (service, resource) => sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);
const allow = (Sid, Action, Resource, Condition) => ({ Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) });

/** The data key, and only by way of the services that hold the data. */
function keyStatement(stage, region, services) {
  const key = { 'Fn::ImportValue': `zebros-${stage}-data-key-arn` };
  return allow('UseDataKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [key], {
    StringEquals: { 'kms:ViaService': services.map((service) => `${service}.${region}.amazonaws.com`) },
  });
}

// By name, not by reference: the role's trust refers to the functions' roles, whose statements refer to the role.
const tenantRoleName = (service, stage) => `zebros-${service}-${stage}-tenant`;
const tenantRoleArn = (service, stage) =>
  sub(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/${tenantRoleName(service, stage)}`);

// Of state machines (machines.js).
const machineName = (stage, name) => `zebros-${stage}-${name}`;

// Of `custom.schedules` (schedules.js).
const scheduleGroupName = (stage, name) => `zebros-${stage}-${name}s`;
const scheduleRoleId = (name) => `${pascal(name)}ScheduleRole`;

module.exports = {
  TABLE_ACTIONS,
  allow,
  keyStatement,
  machineName,
  own,
  scheduleGroupName,
  scheduleRoleId,
  sub,
  tenantRoleArn,
  tenantRoleName,
};
