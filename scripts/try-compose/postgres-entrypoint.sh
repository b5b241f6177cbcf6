# As much of the official image's start as docker-compose.yml uses.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password $POSTGRES_INITDB_ARGS > /dev/null
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl --silent --wait --options="-c listen_addresses=" start
  createdb --username="$POSTGRES_USER" "$POSTGRES_DB" 2> /dev/null || true
  pg_ctl --silent --wait stop
fi
exec postgres -c listen_addresses='*'
