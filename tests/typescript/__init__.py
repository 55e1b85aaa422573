"""TypeScript's checker over the planner's plain modules: it reads their JSDoc types, and writes nothing.

Node comes from a locked wheel. TypeScript, and the types of the vendored libraries, come by a lock file of their own
and lie under `.postd/tools`; the page itself needs neither.
"""
