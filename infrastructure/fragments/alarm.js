'use strict';

/** Logical ids are PascalCase of our kebab-case names: `customers-lookup` -> `CustomersLookup`. */
const pascal = (name) =>
  name
    .split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');

/**
 * A CloudWatch alarm on one metric that reports to the stage's alarm topic, when it fires and when it is over.
 * Silence is health: these metrics are only written when something happens.
 */
function alarm(stage, { name, description, namespace, metric, dimensions, statistic, threshold, periodSeconds = 60, periods = 1 }) {
  const topic = { 'Fn::ImportValue': `zebros-${stage}-alarm-topic-arn` };
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: name,
      AlarmDescription: description,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: statistic,
      Period: periodSeconds,
      EvaluationPeriods: periods,
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topic],
      OKActions: [topic],
    },
  };
}

/** Resources without their alarms where the stage has none: unwatched, sixty of them are what an idle stage would pay for. */
async function watched(Resources, resolveVariable) {
  if (await resolveVariable('param:alarms')) return Resources;
  return Object.fromEntries(Object.entries(Resources).filter(([, { Type }]) => Type !== 'AWS::CloudWatch::Alarm'));
}

module.exports = { alarm, pascal, watched };
