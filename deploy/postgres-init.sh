#!/bin/sh
# Runs once, when the PostgreSQL container makes its cluster: the login and the database that POSTD uses.
# The login is no superuser, because row-level security would not bind one; it may make the two roles that the
# migrations need, and it owns the database.
set -eu
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 \
    --set password="$(cat /run/secrets/database_password)" << 'SQL'
CREATE ROLE postd LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE postd OWNER postd;
SQL
