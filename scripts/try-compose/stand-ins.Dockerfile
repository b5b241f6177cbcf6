# Stand-ins for the images of docker-compose.yml, from Debian's packages, where no image registry can be reached.
# `debian` is made by debootstrap; the folder that is built from holds the machine's own Node.
FROM debian AS node
COPY node /usr/local
# Whom this machine trusts, a mirror of the registry perhaps among them.
COPY certificates.pem /etc/ssl/certificates.pem
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certificates.pem
RUN useradd --uid 1000 --create-home node

FROM debian AS postgres
RUN apt-get update && apt-get install -y --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/* \
  && usermod --uid 999 postgres && groupmod --gid 999 postgres \
  && install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data \
  && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/
COPY postgres-entrypoint.sh /usr/local/bin/entrypoint
ENV PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["sh", "/usr/local/bin/entrypoint"]

FROM debian AS redis
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/* \
  && install -d -o redis -g redis /data
VOLUME /data

FROM debian AS prometheus
RUN apt-get update && apt-get install -y --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/* \
  && install -d -o nobody -g nogroup /prometheus
VOLUME /prometheus
ENTRYPOINT ["prometheus"]

FROM debian AS alertmanager
RUN apt-get update && apt-get install -y --no-install-recommends prometheus-alertmanager && rm -rf /var/lib/apt/lists/* \
  && install -d -o nobody -g nogroup /alertmanager
VOLUME /alertmanager
ENTRYPOINT ["prometheus-alertmanager"]
