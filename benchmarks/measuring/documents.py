"""The GraphQL documents of the benchmarks: what a planner page asks for."""

from __future__ import annotations

PAGE = """
query Page($first: Int!) {
  posts(first: $first) {
    edges {
      cursor
      node {
        id state labels publishBy revision
        publishAt { at }
        content { text languages }
        jobs {
          id state dueAt nextAttemptAt attemptCount
          connection { id state account { handle name url } platform { key } }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

JOB = """
query Job($id: ID!) {
  node(id: $id) {
    id
    ... on Job {
      state dueAt nextAttemptAt attemptCount maxAttempts revision
      content { text }
      connection { id account { handle } }
    }
  }
}
"""

FOLLOW = """
subscription Follow {
  jobUpdated {
    cursor
    caughtUp
    event { type at }
    job { id state dueAt attemptCount connection { id account { handle } } }
  }
}
"""
