'use strict';

/** What task.js makes and machines.js refers to. */

const TASK = {
  definition: 'Task',
  role: 'TaskRole',
  executionRole: 'TaskExecutionRole',
  securityGroup: 'TaskSecurityGroup',
  logs: 'TaskLogs',
};

const taskFamily = (stage) => `zebros-${stage}-jobs`;

module.exports = { TASK, taskFamily };
