/** What the page asks of the API. One fragment a thing: whoever shows more of it asks for more here. */

const REFUSAL = "... on UserError { code message path hint }";

/** What a card shows. */
export const JOB = `
  fragment JobCard on Job {
    id state step dueAt nextAttemptAt parkReason quietUntil cancelRequestedAt reviewReason updatedAt revision
    allowedActions
    platform { key name }
    connection { id }
    post { id labels }
    content { text }
    fault { message hint }
    published { url at lag }
  }`;

export const CONNECTION = `
  fragment ConnectionCard on Connection {
    id state method tokenExpiresAt refreshesItself lastOkAt updatedAt
    platform { id key name }
    account { handle name server url }
    reason { code message hint }
    backlog { parked planned missed }
  }`;

const EVENT = `
  fragment EventLine on Event {
    id cursor at type
    actor { kind }
    subject { __typename id }
    changes { field value }
  }`;

/** All that the page begins with, and the newest events: the last one's cursor is where live updates begin. */
export const BEGIN = `
  query Begin {
    viewer { tenant { id name zone } scopes }
    connections(first: 100) { edges { node { ...ConnectionCard } } }
    events(last: 40) { edges { node { ...EventLine } } }
  }${CONNECTION}${EVENT}`;

export const JOBS = `
  query Jobs($filter: JobFilter!, $order: JobOrder!, $after: Cursor) {
    jobs(filter: $filter, orderBy: $order, first: 100, after: $after) {
      edges { node { ...JobCard } }
      pageInfo { hasNextPage endCursor }
    }
  }${JOB}`;

export const JOB_UPDATED = `
  subscription JobUpdated($after: Cursor) { jobUpdated(after: $after) { cursor job { ...JobCard } } }${JOB}`;

export const CONNECTION_UPDATED = `
  subscription ConnectionUpdated($after: Cursor) {
    connectionUpdated(after: $after) { cursor connection { ...ConnectionCard } }
  }${CONNECTION}`;

export const EVENT_ADDED = `
  subscription EventAdded($after: Cursor) { eventAdded(after: $after) { cursor event { ...EventLine } } }${EVENT}`;

/** @param {string} name @param {string} result @param {string} fields */
const verb = (name, result, fields) => `
  mutation ${name[0].toUpperCase()}${name.slice(1)}($input: ${name[0].toUpperCase()}${name.slice(1)}Input!) {
    ${name}(input: $input) { __typename ${result.split(" ").map((each) => `... on ${each} { ${fields} }`).join(" ")} ${REFUSAL} }
  }${fields.includes("JobCard") ? JOB : ""}`;

/** One job is changed; the answer holds it as it is then. */
export const RESCHEDULE_JOB = verb("rescheduleJob", "JobRescheduled", "job { ...JobCard }");
export const CANCEL_JOB = verb("cancelJob", "JobCancelled CancelRequested", "job { ...JobCard }");
export const RETRY_JOB = verb("retryJob", "JobRetried", "job { ...JobCard }");
export const RESOLVE_JOB = verb("resolveJob", "JobResolved", "job { ...JobCard }");
export const SETTLE_LATE_JOB = verb("settleLateJob", "LateJobSettled", "job { ...JobCard }");
export const DELETE_PUBLISHED_POST = verb("deletePublishedPost", "PublishedPostDeleted", "job { ...JobCard }");
export const DISCARD_JOBS = verb("discardJobs", "JobsDiscarded", "changed { job { ...JobCard } } refused { message hint }");

/** All jobs of a post are changed. */
export const PUBLISH_POST_NOW = verb("publishPostNow", "PostRescheduled", "post { jobs { ...JobCard } }");

/** Will the posts of the next month go out? */
export const READINESS = `
  query Readiness($after: Cursor) {
    readiness(within: 744, first: 100, after: $after) {
      edges { node { job { id } verdict blocker { message fix } } }
      pageInfo { hasNextPage endCursor }
    }
  }`;

/** Says that the answer to that has changed. */
export const HEALTH_UPDATED = "subscription HealthUpdated { healthUpdated { readiness { ready atRisk blocked } } }";

/** A job's whole life, for the drawer. */
export const STORY = `
  query Story($id: ID!, $zone: TimeZone) {
    explainJob(jobId: $id, zone: $zone) {
      now next nextAt
      moments { at local text exchanges }
      job {
        ...JobCard
        attemptCount maxAttempts publishBy
        post { id allowedActions jobs { id } }
        content {
          parts { text link { url title } media { mediaId alt media { filename kind } } }
          options { name value }
        }
        readiness { verdict blockers { message fix } }
        metrics { measured engagementRate figures { metric value newestAt } }
        review { why lookAt choices { resolution url text suggested } }
      }
    }
  }${JOB}`;
