import { oneOf, pattern, trueOrFalse, webUrl } from './kinds.ts';
import { running, type Section } from './variable.ts';

const optional = { optional: true, commands: running } as const;
const anyText = pattern(/^[^\r\n]{1,4000}$/, 'must be one line');

/** The standard variables of OpenTelemetry (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). */
export const traces = {
  title: 'Traces (OpenTelemetry; none without an endpoint; docs/traces.md)',
  variables: {
    OTEL_EXPORTER_OTLP_ENDPOINT: {
      purpose: 'Collector that traces are sent to over OTLP/HTTP; none are made without it.',
      example: 'http://localhost:4318',
      ...optional,
      schema: webUrl,
    },
    OTEL_EXPORTER_OTLP_HEADERS: {
      purpose: 'Headers for the collector, such as a key: name=value, between commas.',
      example: 'api-key=change-me',
      secret: true,
      ...optional,
      schema: anyText,
    },
    OTEL_EXPORTER_OTLP_PROTOCOL: {
      purpose: 'How traces are written; grpc is not spoken.',
      example: 'http/protobuf',
      default: 'http/protobuf',
      commands: running,
      schema: oneOf(['http/protobuf', 'http/json']),
    },
    OTEL_TRACES_SAMPLER: {
      purpose: 'Which traces are kept: all that the caller keeps unless set.',
      example: 'parentbased_traceidratio',
      ...optional,
      schema: oneOf([
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ]),
    },
    OTEL_TRACES_SAMPLER_ARG: {
      purpose: 'Share of the traces that are kept, for the samplers by ratio.',
      example: '0.01',
      ...optional,
      schema: pattern(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be from 0 to 1'),
    },
    OTEL_SERVICE_NAME: {
      purpose: 'What this service is called in traces.',
      example: 'fulfillment-orchestrator',
      default: 'fulfillment-orchestrator',
      commands: running,
      schema: anyText,
    },
    OTEL_RESOURCE_ATTRIBUTES: {
      purpose: 'Further attributes of this service in traces: name=value, between commas.',
      example: 'service.namespace=shop',
      ...optional,
      schema: anyText,
    },
    OTEL_SDK_DISABLED: {
      purpose: 'Whether traces are off although an endpoint is set.',
      example: 'false',
      default: 'false',
      commands: running,
      schema: trueOrFalse,
    },
  },
} as const satisfies Section;
