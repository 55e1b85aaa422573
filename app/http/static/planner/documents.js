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
    viewer { tenant { id name } scopes }
    publishingRules { quietHours { zone } }
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

export const RESCHEDULE_JOB = `
  mutation RescheduleJob($input: RescheduleJobInput!) {
    rescheduleJob(input: $input) { ... on JobRescheduled { job { ...JobCard } } ${REFUSAL} }
  }${JOB}`;

export const CANCEL_JOB = `
  mutation CancelJob($input: CancelJobInput!) {
    cancelJob(input: $input) {
      __typename
      ... on JobCancelled { job { ...JobCard } }
      ... on CancelRequested { job { ...JobCard } }
      ${REFUSAL}
    }
  }${JOB}`;
