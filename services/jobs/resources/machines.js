'use strict';

/**
 * The state machines of jobs: one for each file of ../state_machines, in Amazon States Language with these names in it:
 *
 *   ${WorkerFunction}                        the function that carries out the steps
 *   ${Task}, ${Cluster}                      the task that does the work of a large job instead, and where it runs
 *   ${SubnetA}, ${SubnetB}, ${TaskSecurityGroup}   its network
 *
 * In a stage without tasks the definitions are deployed without the state that runs one; large jobs are then worked on by
 * the function in turns. On a laptop there is no network that a task could be put into.
 */

const fs = require('fs');
const path = require('path');

const { watched } = require('../../../infrastructure/fragments/alarm');
const { invoke, machine, runTask } = require('../../../infrastructure/fragments/machines');
const { TASK, taskFamily } = require('./task_names');

const DEFINITIONS = path.join(__dirname, '../state_machines');
const SUFFIX = '.asl.json';
const FUNCTION = 'WorkerLambdaFunction';
const TASK_STATE = 'WorkInTask';
const FUNCTION_STATE = 'Work';

function definitions() {
  const files = fs.readdirSync(DEFINITIONS).filter((name) => name.endsWith(SUFFIX));
  return files.sort().map((name) => [name.slice(0, -SUFFIX.length), JSON.parse(fs.readFileSync(path.join(DEFINITIONS, name), 'utf8'))]);
}

/** The definition with every way to the task leading to the function. */
function withoutTask(definition) {
  const { [TASK_STATE]: removed, ...States } = definition.States;
  const redirected = JSON.stringify(States).replaceAll(`"Next":"${TASK_STATE}"`, `"Next":"${FUNCTION_STATE}"`);
  return { ...definition, States: JSON.parse(redirected) };
}

function outsideOfNetworks(definition) {
  const task = definition.States[TASK_STATE];
  const { NetworkConfiguration, ...Parameters } = task.Parameters;
  return { ...definition, States: { ...definition.States, [TASK_STATE]: { ...task, Parameters } } };
}

const imported = (stage, name) => ({ 'Fn::ImportValue': `zebros-${stage}-${name}` });

const substitutions = (stage, hasTasks, hasNetwork) => ({
  WorkerFunction: { 'Fn::GetAtt': [FUNCTION, 'Arn'] },
  ...(hasTasks && { Cluster: imported(stage, 'cluster-arn'), Task: { Ref: TASK.definition } }),
  ...(hasTasks &&
    hasNetwork && {
      SubnetA: imported(stage, 'private-subnet-a'),
      SubnetB: imported(stage, 'private-subnet-b'),
      TaskSecurityGroup: { Ref: TASK.securityGroup },
    }),
});

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const days = await resolveVariable('param:logRetentionDays');
  const hasTasks = (await resolveVariable('param:largeWork')) === 'fargate';
  const hasNetwork = (await resolveVariable('param:network')) !== 'none';
  const deployed = (definition) => {
    if (!hasTasks) return withoutTask(definition);
    return hasNetwork ? definition : outsideOfNetworks(definition);
  };
  const roles = [TASK.role, TASK.executionRole].map((role) => ({ 'Fn::GetAtt': [role, 'Arn'] }));
  const statements = [invoke(FUNCTION), ...(hasTasks ? runTask(stage, { family: taskFamily(stage), roles }) : [])];
  const machines = definitions().map(([kind, definition]) =>
    machine(stage, days, {
      name: `job-${kind}`,
      definition: deployed(definition),
      substitutions: substitutions(stage, hasTasks, hasNetwork),
      statements,
      stopped: `A job (${kind}) was given up: the log of the worker says why; mend it and start the job again`,
    })
  );
  return { Resources: await watched(Object.assign({}, ...machines), resolveVariable) };
};
