'use strict';

/**
 * The state machines that onboard, offboard and provision a tenant. Each state calls the function `tenancy` for one step and does as
 * its answer says: `done`, on to the next; `again`, the same step once more after a wait; `refused`, the end, whose reason
 * is in the registry. What raises is tried again with backoff and full jitter, then recorded by the step `give-up`. All
 * that an operation has reached is in the registry, so an execution carries the tenant's id and a count of turns alone, and
 * a new one goes on where another stopped.
 */

const { pascal, watched } = require('../../../infrastructure/fragments/alarm');
const { invoke, machine } = require('../../../infrastructure/fragments/machines');

// The same steps as in zebros_auth/domain/operation.py; tests/contract compares the two.
const OPERATIONS = {
  onboarding: { steps: ['organization', 'tables', 'admin', 'welcome', 'activate'], maxTurns: 200 },
  // Other containers may serve the tenant until what they know of it is 30 s old, and a request of theirs may take as long.
  offboarding: { steps: ['export', 'erase', 'tables', 'identity', 'close'], maxTurns: 1500, firstWaitSeconds: 60 },
  // An index that an older table lacks is filled from all that is in it.
  provisioning: { steps: ['tables'], maxTurns: 1500 },
};

const FUNCTION = 'TenancyLambdaFunction';

// 25,000 events are the most that an execution may have: 1,500 turns of some ten are within.
const STEP_SECONDS = 340;
const MACHINE_SECONDS = 5 * 24 * 3600;

// Every error: in which class of ours it is, the function has decided before it raised.
const RETRY = [
  { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 2, MaxDelaySeconds: 30, JitterStrategy: 'FULL' },
];

function call(kind, step) {
  return {
    Type: 'Task',
    Resource: '${TenancyFunction}',
    Parameters: { kind, step, 'tenantId.$': '$.tenantId' },
    TimeoutSeconds: STEP_SECONDS,
    ResultPath: '$.answer',
    Retry: RETRY,
  };
}

function stepStates(kind, step, next) {
  const name = pascal(step);
  const outcome = (value) => ({ Variable: '$.answer.outcome', StringEquals: value });
  return {
    [name]: { ...call(kind, step), Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.caught', Next: 'GiveUp' }], Next: `${name}Answer` },
    [`${name}Answer`]: {
      Type: 'Choice',
      Choices: [
        { ...outcome('done'), Next: next },
        { ...outcome('refused'), Next: 'Stopped' },
        {
          And: [outcome('again'), { Variable: '$.turn', NumericLessThan: OPERATIONS[kind].maxTurns }],
          Next: `${name}Wait`,
        },
      ],
      Default: 'GiveUp',
    },
    [`${name}Wait`]: { Type: 'Wait', SecondsPath: '$.answer.waitSeconds', Next: `${name}Turn` },
    [`${name}Turn`]: {
      Type: 'Pass',
      Parameters: { 'tenantId.$': '$.tenantId', 'turn.$': 'States.MathAdd($.turn, 1)' },
      Next: name,
    },
  };
}

function definition(kind) {
  const { steps, firstWaitSeconds } = OPERATIONS[kind];
  const names = steps.map(pascal);
  const states = Object.assign({}, ...steps.map((step, i) => stepStates(kind, step, names[i + 1] ?? 'Done')));
  return {
    Comment: `${pascal(kind)} of a tenant: services/auth/README.md`,
    StartAt: firstWaitSeconds ? 'LetCachesRunOut' : names[0],
    TimeoutSeconds: MACHINE_SECONDS,
    States: {
      ...(firstWaitSeconds && { LetCachesRunOut: { Type: 'Wait', Seconds: firstWaitSeconds, Next: names[0] } }),
      ...states,
      GiveUp: { ...call(kind, 'give-up'), Next: 'Stopped' },
      Stopped: { Type: 'Fail', Error: 'Stopped', Cause: 'The tenant in the registry says at which step, and why.' },
      Done: { Type: 'Succeed' },
    },
  };
}

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const days = await resolveVariable('param:logRetentionDays');
  const machines = Object.keys(OPERATIONS).map((kind) =>
    machine(stage, days, {
      name: kind,
      definition: definition(kind),
      substitutions: { TenancyFunction: { 'Fn::GetAtt': [FUNCTION, 'Arn'] } },
      statements: [invoke(FUNCTION)],
      stopped: `${pascal(kind)} of a tenant stopped: the tenant says why; mend it and resume`,
    })
  );
  const Resources = Object.assign({}, ...machines);
  return { Resources: await watched(Resources, resolveVariable) };
};
