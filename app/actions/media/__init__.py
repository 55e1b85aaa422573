"""The verbs of media: announce a file, find it ready, find it unusable. No bytes move here."""
