"""An S3 server that is not ours, for the tests of media in a bucket: moto's, in an environment of its own.

Its packages cannot be installed beside ours, because they ask for other versions of the same ones; so they have a lock
file of their own and lie under `.postd/tools`.
"""
