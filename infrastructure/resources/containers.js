'use strict';

/**
 * Where containers run and their images are kept: a cluster that is nothing until something runs in it, and a repository
 * for each image, there before the first image is, so that it can be pushed. Keycloak's needs the network, tasks of the jobs
 * service are where the stage's `largeWork` says so; on a laptop a runner of ours (local/zebros_local/tasks) starts them.
 */

/** Image -> whether the stage has it. */
const IMAGES = {
  keycloak: ({ network }) => network !== 'none',
  jobs: ({ largeWork }) => largeWork === 'fargate',
};
const KEPT_IMAGES = 20;
const UNTAGGED_DAYS = 7;

const pascal = (name) => name[0].toUpperCase() + name.slice(1);

const expired = (rulePriority, description, selection) => ({ rulePriority, description, selection, action: { type: 'expire' } });

const LIFECYCLE = {
  rules: [
    expired(1, 'untagged', { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: UNTAGGED_DAYS }),
    expired(2, 'the newest stay, to go back to', { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: KEPT_IMAGES }),
  ],
};

const repository = (stage, image, deletionPolicy) => ({
  Type: 'AWS::ECR::Repository',
  DeletionPolicy: deletionPolicy,
  UpdateReplacePolicy: deletionPolicy,
  Properties: {
    RepositoryName: `zebros-${stage}-${image}`,
    ImageTagMutability: 'IMMUTABLE',
    ImageScanningConfiguration: { ScanOnPush: true },
    EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: { 'Fn::GetAtt': ['DataKey', 'Arn'] } },
    LifecyclePolicy: { LifecyclePolicyText: JSON.stringify(LIFECYCLE) },
  },
});

const exported = (stage, name, Value) => ({ Value, Export: { Name: `zebros-${stage}-${name}` } });

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const parameters = {};
  for (const name of ['network', 'largeWork', 'deletionPolicy']) parameters[name] = await resolveVariable(`param:${name}`);
  const images = Object.keys(IMAGES).filter((image) => IMAGES[image](parameters));
  if (!images.length) return {};
  const Resources = {
    Cluster: {
      Type: 'AWS::ECS::Cluster',
      Properties: {
        ClusterName: `zebros-${stage}`,
        ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }],
        // Nobody gets a shell in a container.
        Configuration: { ExecuteCommandConfiguration: { Logging: 'NONE' } },
      },
    },
  };
  const Outputs = { ClusterArn: exported(stage, 'cluster-arn', { 'Fn::GetAtt': ['Cluster', 'Arn'] }) };
  for (const image of images) {
    const id = `${pascal(image)}Images`;
    Resources[id] = repository(stage, image, parameters.deletionPolicy);
    Outputs[`${id}Uri`] = exported(stage, `${image}-images`, { 'Fn::GetAtt': [id, 'RepositoryUri'] });
  }
  return { Resources, Outputs };
};
