'use strict';

/**
 * Takes the framework's default role, which may do what any function of the service may, out of the template. It is made
 * although each function has its own (serverless-iam-roles-per-function derives them from it), so this plugin must come
 * after that one. A function that would still use it doesn't package.
 */
class DropDefaultRole {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { 'before:package:finalize': () => this.drop() };
  }

  drop() {
    const role = this.serverless.getProvider('aws').naming.getRoleLogicalId();
    const { Resources } = this.serverless.service.provider.compiledCloudFormationTemplate;
    const users = Object.entries(Resources)
      .filter(([name, resource]) => name !== role && JSON.stringify(resource).includes(`"${role}"`))
      .map(([name]) => name);
    if (users.length) {
      throw new this.serverless.classes.Error(`Without iamRoleStatements of their own: ${users.join(', ')}`, 'DEFAULT_ROLE_USED');
    }
    delete Resources[role];
  }
}

module.exports = DropDefaultRole;
