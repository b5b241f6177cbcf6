import { expect, test } from 'vitest'
import { acceptsGzip, negotiateFormat } from '../../src/http/negotiate.ts'

test.for([
  [
    'Prometheus 2',
    'openmetrics',
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  ],
  [
    'Prometheus 3',
    'openmetrics',
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
  ],
  ['nothing', 'text', undefined],
  ['an empty header', 'text', ''],
  ['curl', 'text', '*/*'],
  ['a browser', 'text', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'],
  ['OpenMetrics alone', 'openmetrics', 'application/openmetrics-text'],
  ['quotes and capitals', 'openmetrics', 'Application/OpenMetrics-Text; version="1.0.0"; charset=utf-8'],
  ['OpenMetrics refused', 'text', 'application/openmetrics-text;q=0,text/plain'],
  ['text liked better', 'text', 'application/openmetrics-text;q=0.4,text/plain;q=0.5'],
  ['both liked alike', 'openmetrics', 'text/plain;q=0.5,application/openmetrics-text;q=0.5'],
  ['an OpenMetrics we do not speak', 'text', 'application/openmetrics-text;version=2.0.0,text/plain;q=0.1'],
  ['rubbish', 'text', ',;;=,"'],
] as const)('%s gets %s', ([, format, accept]) => {
  expect(negotiateFormat(accept)).toBe(format)
})

test.for([
  ['gzip', true],
  ['br, gzip;q=0.5', true],
  ['*', true],
  ['GZIP', true],
  ['gzip;q=0', false],
  ['gzip;q=0, *', false],
  ['identity', false],
  ['br', false],
  [undefined, false],
] as const)('accept-encoding %s takes gzip: %s', ([header, takes]) => {
  expect(acceptsGzip(header)).toBe(takes)
})
