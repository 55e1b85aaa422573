/** What the composer asks of the API. */

import { JOB } from "../documents.js";

const LIMIT = "{ rule counted min max }";
const PROBLEM = "{ path rule measured limit severity message fix }";

/** What an account takes: its limits by the kind of post, and the options of its platform. */
export const ACCOUNT_RULES = `
  query AccountRules($id: ID!) {
    node(id: $id) {
      ... on Connection {
        id
        platform { key name formats { key mediaTypes } options { name description choices default formats } }
        TEXT: limits(format: TEXT) ${LIMIT}
        LINK: limits(format: LINK) ${LIMIT}
        IMAGE: limits(format: IMAGE) ${LIMIT}
        CAROUSEL: limits(format: CAROUSEL) ${LIMIT}
        VIDEO: limits(format: VIDEO) ${LIMIT}
        DOCUMENT: limits(format: DOCUMENT) ${LIMIT}
      }
    }
  }`;

const VERDICT = `
  __typename
  ... on PostValid {
    publishAt { at }
    notices { message clock problem ${PROBLEM} }
  }
  ... on InvalidContent { problems ${PROBLEM} }
  ... on UserError { code message hint path }`;

/**
 * Checks of several targets in one request: which target a problem belongs to is then known, also where two accounts
 * are on one platform.
 * @param {number} count
 */
export function validations(count) {
  const numbers = Array.from({ length: count }, (_, each) => each);
  const variables = numbers.map((each) => `$t${each}: ValidatePostInput!`).join(", ");
  const fields = numbers.map((each) => `t${each}: validatePost(input: $t${each}) { ...Verdict }`).join("\n");
  return `mutation Validate(${variables}) { ${fields} } fragment Verdict on ValidatePostResult { ${VERDICT} }`;
}

export const SCHEDULE_POST = `
  mutation SchedulePost($input: SchedulePostInput!) {
    schedulePost(input: $input) {
      __typename
      ... on PostScheduled { replayed notices { message } post { id jobs { ...JobCard } } }
      ... on InvalidContent { problems ${PROBLEM} }
      ... on UserError { code message hint path }
    }
  }${JOB}`;

export const ANNOUNCE_FILE = `
  mutation AnnounceFile($input: CreateMediaUploadInput!) {
    createMediaUpload(input: $input) {
      ... on MediaUploadCreated { media { id } upload { url method headers { name value } } }
      ... on UserError { code message hint path }
    }
  }`;

export const COMPLETE_FILE = `
  mutation CompleteFile($input: CompleteMediaUploadInput!) {
    completeMediaUpload(input: $input) {
      ... on MediaReady { media { id kind width height } }
      ... on UserError { code message hint path }
    }
  }`;

export const DELETE_FILE = `
  mutation DeleteFile($input: DeleteMediaInput!) {
    deleteMedia(input: $input) { ... on MediaDeleted { mediaId } ... on UserError { code message hint path } }
  }`;
