'use strict';

/**
 * The buckets, one per purpose, because lifecycle rules go by bucket and not by tenant: keys start with the tenant
 * (`{tenant}/customers/{id}/documents/...`), so no prefix rule could tell a report from an attachment.
 *
 * Every one: private, versioned, encrypted with the data key, TLS only, owner-enforced, old versions gone after 30 days,
 * abandoned multipart uploads after 7, access logged. What is particular is the table below.
 */

const NONCURRENT_DAYS = 30;
const ABANDONED_UPLOAD_DAYS = 7;
const SYSTEM_LOG_DAYS = 90;
const HANDOVER_DAYS = 90;
const SEVEN_YEARS_IN_DAYS = 2557;

const to = (storageClass, days) => ({ StorageClass: storageClass, TransitionInDays: days });

/** purpose -> what its objects go through, and whether a browser talks to it directly (presigned). */
const BUCKETS = {
  documents: { browser: true, transitions: [to('INTELLIGENT_TIERING', 0)] },
  transfers: { browser: true, transitions: [to('STANDARD_IA', 30)] },
  reports: { browser: true, transitions: [to('STANDARD_IA', 60), to('GLACIER', 365)] },
  templates: {},
  backups: { transitions: [to('GLACIER', 30)], expirationDays: SEVEN_YEARS_IN_DAYS },
  // What tenants took with them when they left: for as long as it takes to hand it over.
  exports: { expirationDays: HANDOVER_DAYS },
  failures: { expirationDays: SYSTEM_LOG_DAYS },
};

const pascal = (name) => name[0].toUpperCase() + name.slice(1);

function lifecycle({ transitions, expirationDays }) {
  return {
    Rules: [
      {
        Id: 'lifecycle',
        Status: 'Enabled',
        ...(transitions && { Transitions: transitions }),
        ...(expirationDays && { ExpirationInDays: expirationDays }),
        NoncurrentVersionExpiration: { NoncurrentDays: NONCURRENT_DAYS },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABANDONED_UPLOAD_DAYS },
      },
    ],
  };
}

function bucket(stage, purpose, properties) {
  return {
    BucketName: { 'Fn::Sub': `zebros-${stage}-\${AWS::AccountId}-${purpose}` },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    VersioningConfiguration: { Status: 'Enabled' },
    ...properties,
  };
}

function tlsOnly(logicalId) {
  const arn = { 'Fn::GetAtt': [logicalId, 'Arn'] };
  return {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [arn, { 'Fn::Sub': ['${arn}/*', { arn }] }],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

const policy = (logicalId, statements) => ({
  Type: 'AWS::S3::BucketPolicy',
  Properties: {
    Bucket: { Ref: logicalId },
    PolicyDocument: { Version: '2012-10-17', Statement: [tlsOnly(logicalId), ...statements] },
  },
});

function purposeBucket(stage, purpose, options, { deletionPolicy, allowedOrigins }) {
  return {
    Type: 'AWS::S3::Bucket',
    DeletionPolicy: deletionPolicy,
    UpdateReplacePolicy: deletionPolicy,
    DependsOn: 'AccessLogsBucketPolicy',
    Properties: bucket(stage, purpose, {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            // One data key per bucket and hour instead of one per object: a hundredth of the KMS requests.
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': ['DataKey', 'Arn'] },
            },
          },
        ],
      },
      LifecycleConfiguration: lifecycle(options),
      LoggingConfiguration: {
        DestinationBucketName: { Ref: 'AccessLogsBucket' },
        LogFilePrefix: `${purpose}/`,
      },
      ...(options.browser && {
        CorsConfiguration: {
          CorsRules: [
            {
              AllowedOrigins: allowedOrigins,
              AllowedMethods: ['GET', 'PUT', 'POST'],
              AllowedHeaders: ['*'],
              ExposedHeaders: ['ETag'], // a multipart upload is completed with the parts' ETags
              MaxAge: 3600,
            },
          ],
        },
      }),
    }),
  };
}

function accessLogs(stage, { deletionPolicy, identity }) {
  const balancer = identity !== 'external';
  return {
    AccessLogsBucket: {
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: deletionPolicy,
      UpdateReplacePolicy: deletionPolicy,
      Properties: bucket(stage, 'access-logs', {
        // S3 writes access logs under its own key only.
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        LifecycleConfiguration: lifecycle({ expirationDays: SYSTEM_LOG_DAYS }),
      }),
    },
    AccessLogsBucketPolicy: policy('AccessLogsBucket', [
      {
        Sid: 'S3WritesAccessLogs',
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: { 'Fn::Sub': ['${arn}/*', { arn: { 'Fn::GetAtt': ['AccessLogsBucket', 'Arn'] } }] },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
      ...(balancer
        ? [
            {
              Sid: 'LoadBalancerWritesAccessLogs',
              Effect: 'Allow',
              Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
              Action: 's3:PutObject',
              Resource: {
                'Fn::Sub': [
                  '${arn}/identity/AWSLogs/${AWS::AccountId}/*',
                  { arn: { 'Fn::GetAtt': ['AccessLogsBucket', 'Arn'] } },
                ],
              },
            },
          ]
        : []),
    ]),
  };
}

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const parameters = {
    deletionPolicy: await resolveVariable('param:deletionPolicy'),
    allowedOrigins: await resolveVariable('param:allowedOrigins'),
    identity: await resolveVariable('param:identity'),
  };
  const Resources = accessLogs(stage, parameters);
  const Outputs = {};
  for (const [purpose, options] of Object.entries(BUCKETS)) {
    const logicalId = `${pascal(purpose)}Bucket`;
    Resources[logicalId] = purposeBucket(stage, purpose, options, parameters);
    Resources[`${logicalId}Policy`] = policy(logicalId, []);
    Outputs[`${logicalId}Name`] = {
      Value: { Ref: logicalId },
      Export: { Name: `zebros-${stage}-${purpose}-bucket` },
    };
  }
  return { Resources, Outputs };
};
