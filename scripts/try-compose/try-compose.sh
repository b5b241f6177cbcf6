#!/usr/bin/env bash
# Brings docker-compose.yml up for real, on stand-in images made of Debian's packages, and asks whether it works.
# Needs root, a running Docker engine, docker-compose and debootstrap: apt-get install docker.io docker-compose debootstrap
# Grafana is left out: Debian has no package of it.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/try-compose
export DOCKER_BUILDKIT=0
work=$(mktemp -d)
export STATE_DATABASE_PASSWORD REDIS_PASSWORD GRAFANA_ADMIN_PASSWORD DATABASE_URL
STATE_DATABASE_PASSWORD=$(openssl rand -hex 24)
REDIS_PASSWORD=$(openssl rand -hex 24)
GRAFANA_ADMIN_PASSWORD=$(openssl rand -hex 24)
DATABASE_URL="postgresql://authwatch:$STATE_DATABASE_PASSWORD@state:5432/authwatch"
compose() { docker-compose --project-name authwatch-try --profile demo "$@"; }
finish() {
  status=$?
  [ $status = 0 ] || compose logs --tail=30 --no-color 2>&1 | tail -120
  compose down --volumes --timeout 5 > /dev/null 2>&1 || true
  rm -rf "$work"
  exit $status
}
trap finish EXIT

step() { printf '%s … ' "$1"; shift; "$@"; echo ok; }

# Asks again for at most $1 seconds.
within() {
  local end=$((SECONDS + $1)); shift
  until "$@" > "$work/last" 2>&1; do
    [ $SECONDS -lt $end ] || { echo failed; cat "$work/last"; return 1; }
    sleep 1
  done
}

base() {
  docker image inspect debian > /dev/null 2>&1 && return
  debootstrap --variant=minbase --include=ca-certificates bookworm "$work/debian" > "$work/debootstrap.log"
  tar -C "$work/debian" -c . | docker import - debian > /dev/null
}
image_of() { sed -nE "s|^ +image: ($1[^ ]*).*|\1|p" docker-compose.yml; }
build() { docker build --quiet --network host "$@" > "$work/build" 2>&1 || { cat "$work/build"; return 1; }; }
stand_in() { build --target "$1" --tag "$2" --file "$here/stand-ins.Dockerfile" "$work/context"; }
stand_ins() {
  mkdir -p "$work/context/node/bin" "$work/context/node/lib/node_modules"
  cp "$(command -v node)" "$work/context/node/bin/node"
  cp -r "$(npm root -g)/npm" "$work/context/node/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/context/node/bin/npm"
  cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$work/context/certificates.pem"
  cp "$here/postgres-entrypoint.sh" "$work/context"
  stand_in node "$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile)"
  stand_in postgres "$(image_of postgres:)"
  stand_in redis "$(image_of redis:)"
  stand_in prometheus "$(image_of prom/prometheus:)"
  stand_in alertmanager "$(image_of prom/alertmanager:)"
}
images() {
  for target in worker demo; do
    build --target $target --tag "$(image_of "authwatch$([ $target = demo ] && echo -demo):")" .
  done
}
is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$(compose ps --quiet "$1")")" = healthy ]; }
is_writable() { compose exec -T "$1" sh -c 'touch /etc/written || touch /authwatch/written'; }
is_root() { [ "$(docker inspect --format '{{.State.Pid}}' "$(compose ps --quiet "$1")" | xargs -I{} stat --format %u /proc/{})" = 0 ]; }
metric() { curl -sf "http://127.0.0.1:$1/metrics" | grep -E "^$2"; }
queried() { curl -sf --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query | grep -F "\"$2\"]"; }
watchdog() { curl -sf http://127.0.0.1:9093/api/v2/alerts | grep -F '"alertname":"AuthwatchWatchdog"'; }
hardened() {
  for service in worker-1 worker-2 state queue prometheus alertmanager demo; do
    if is_root "$service"; then echo "$service is root"; return 1; fi
    if is_writable "$service" > /dev/null 2>&1; then echo "$service can write to its image"; return 1; fi
  done
}
refused_without_passwords() {
  ! env -u STATE_DATABASE_PASSWORD -u REDIS_PASSWORD -u GRAFANA_ADMIN_PASSWORD docker-compose config > /dev/null 2>&1
}

step "compose refuses to start without passwords" refused_without_passwords
step "Debian" base
step "stand-in images" stand_ins
step "images of the worker and the demo" images
step "up" compose up --detach --no-build worker-1 worker-2 state queue prometheus alertmanager demo > "$work/up" 2>&1 || { cat "$work/up"; exit 1; }
for service in worker-1 worker-2 state queue demo; do
  step "$service is healthy" within 120 is_healthy "$service"
done
for port in 9469 9470; do
  step "worker on $port: state" within 60 metric "$port" 'authwatch_state_up 1'
  step "worker on $port: queue in Redis" within 60 metric "$port" 'authwatch_queue_up 1'
done
step "the demo's checks have verdicts" within 90 metric 9471 'authwatch_check_state\{.*state="fail".* 1$'
step "Prometheus scrapes all three" within 90 queried 'sum(up{job="authwatch"})' 3
step "the dead man's switch reaches Alertmanager" within 120 watchdog
step "nobody is root, and no image can be written to" hardened
step "one worker stops" compose stop --timeout 10 worker-1 > /dev/null 2>&1
step "the other goes on" within 60 metric 9470 'authwatch_queue_up 1'
echo "everything works, but for Grafana, which was not run"
