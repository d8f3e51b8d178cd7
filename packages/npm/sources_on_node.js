/*
 * What Node.js gets of a checkout, whose sources are TypeScript for Bun and Deno. Names are linked before anything runs:
 * all that the library exports are here, so that a program is told what it needs in place of a name that is missing.
 */
export {
  nothing as attach,
  nothing as compareSets,
  nothing as comparisonJsonSchema,
  nothing as comparisonSchema,
  nothing as ConditionError,
  nothing as ConfigError,
  nothing as ControlError,
  nothing as cpuUsageSchema,
  nothing as Discovery,
  nothing as diskIoStatsSchema,
  nothing as diskUsageSchema,
  nothing as ERROR_KINDS,
  nothing as EVENT_KINDS,
  nothing as findProcesses,
  nothing as Host,
  nothing as host,
  nothing as judge,
  nothing as loadAverageSchema,
  nothing as memoryInfoSchema,
  nothing as MonitorManager,
  nothing as networkStatsSchema,
  nothing as openExporters,
  nothing as parseCondition,
  nothing as parseProfile,
  nothing as pressureSchema,
  nothing as PROCESS_TYPES,
  nothing as ProcessGroup,
  nothing as ProcessMonitor,
  nothing as processRecordSchema,
  nothing as processStatsSchema,
  nothing as ProctorError,
  nothing as profiles,
  nothing as readRuns,
  nothing as RECORD_SCHEMA,
  nothing as recordJsonSchema,
  nothing as recordSchema,
  nothing as repeat,
  nothing as reportPage,
  nothing as run,
  nothing as RunExport,
  nothing as sampleRecordSchema,
  nothing as sensorsSchema,
  nothing as serveSupervisor,
  nothing as startRecordSchema,
  nothing as summaryRecordSchema,
  nothing as Supervisor,
  nothing as sysMetricsSchema,
  nothing as systemInfoSchema,
  nothing as taskAggregateSchema,
  nothing as taskMessageJsonSchema,
  nothing as taskMessageSchema,
  nothing as taskMetricsSchema,
  nothing as taskProcessJsonSchema,
  nothing as taskProcessRecordSchema,
  nothing as uptimeSchema,
  nothing as VERSION,
};

const nothing = undefined;

const error = new Error(
  "proctor's sources run on Bun and Deno; for Node.js install the package that scripts/build-npm makes (docs/install.md)",
);
// Where it was thrown says nothing.
error.stack = `${error.name}: ${error.message}`;
throw error;
