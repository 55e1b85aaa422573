/** What the panel of accounts asks of the API. */

import { CONNECTION, JOB } from "../documents.js";

const REFUSAL = "... on UserError { code message hint path }";

export const WAYS = `
  query Ways {
    platforms { key name connectBy { by fields { name label kind required placeholder help } scopes { name purpose } } }
  }`;

/** A connection anew, with what only one that is looked at needs. */
export const CONNECTION_STORY = `
  query ConnectionStory($id: ID!) {
    node(id: $id) {
      ... on Connection {
        ...ConnectionCard
        missingScopes
        timeline(first: 12) { edges { node { at what ok message } } }
      }
    }
  }${CONNECTION}`;

export const CONNECTIONS_AGAIN = `
  query ConnectionsAgain($ids: [ID!]!) { nodes(ids: $ids) { ... on Connection { ...ConnectionCard } } }${CONNECTION}`;

const STARTED = `
  __typename
  ... on ConnectionLink { url flowId }
  ... on AccountsConnected { connections { ...ConnectionCard } }
  ${REFUSAL}`;

export const START = `
  mutation StartConnection($input: StartConnectionInput!) { startConnection(input: $input) { ${STARTED} } }${CONNECTION}`;

export const RECONNECT = `
  mutation ReconnectConnection($input: ReconnectConnectionInput!) {
    reconnectConnection(input: $input) { ${STARTED} }
  }${CONNECTION}`;

export const PAUSE = `
  mutation PauseConnection($input: PauseConnectionInput!) {
    pauseConnection(input: $input) { ... on ConnectionPaused { connection { ...ConnectionCard } } ${REFUSAL} }
  }${CONNECTION}`;

export const RESUME = `
  mutation ResumeConnection($input: ResumeConnectionInput!) {
    resumeConnection(input: $input) { ... on ConnectionResumed { connection { ...ConnectionCard } } ${REFUSAL} }
  }${CONNECTION}`;

export const DISCONNECT = `
  mutation DisconnectConnection($input: DisconnectConnectionInput!) {
    disconnectConnection(input: $input) { ... on ConnectionDisconnected { connection { ...ConnectionCard } } ${REFUSAL} }
  }${CONNECTION}`;

export const RELEASE_MISSED = `
  mutation ReleaseMissedJobs($input: ReleaseMissedJobsInput!) {
    releaseMissedJobs(input: $input) { ... on MissedJobsReleased { count more jobs { ...JobCard } } ${REFUSAL} }
  }${JOB}`;
