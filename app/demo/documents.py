"""The GraphQL documents of the demo: what a frontend would send."""

from __future__ import annotations

START = """
mutation Start($input: StartConnectionInput!) {
  startConnection(input: $input) {
    __typename
    ... on ConnectionLink { url }
    ... on UserError { message hint }
  }
}
"""

RECONNECT = """
mutation Reconnect($input: ReconnectConnectionInput!) {
  reconnectConnection(input: $input) {
    __typename
    ... on ConnectionLink { url }
    ... on UserError { message hint }
  }
}
"""

CONNECTIONS = """
query Connections { connections(first: 10) { edges { node { id state platform { key } account { handle } } } } }
"""

UPLOAD = """
mutation Upload($input: CreateMediaUploadInput!) {
  createMediaUpload(input: $input) {
    __typename
    ... on MediaUploadCreated { media { id } upload { url method headers { name value } } }
    ... on UserError { message hint }
  }
}
"""

COMPLETE = """
mutation Complete($input: CompleteMediaUploadInput!) {
  completeMediaUpload(input: $input) { __typename ... on MediaReady { media { id } } ... on UserError { message hint } }
}
"""

SCHEDULE = """
mutation Schedule($input: SchedulePostInput!) {
  schedulePost(input: $input) {
    __typename
    ... on PostScheduled { post { id jobs { id } } }
    ... on UserError { message hint }
  }
}
"""

VALIDATE = """
mutation Validate($input: ValidatePostInput!) {
  validatePost(input: $input) {
    __typename
    ... on InvalidContent { problems { rule measured limit message fix } }
    ... on UserError { message hint }
  }
}
"""

CANCEL = """
mutation Cancel($input: CancelPostInput!) {
  cancelPost(input: $input) { __typename ... on PostCancelled { post { id state } } ... on UserError { message hint } }
}
"""

WATCH = """
subscription Watch($after: Cursor) {
  jobUpdated(after: $after) {
    cursor
    event { type }
    job {
      id
      state
      step
      dueAt
      attempts { outcome }
      fault { message }
      published { url }
      connection { platform { key } }
      content { text }
    }
  }
}
"""
