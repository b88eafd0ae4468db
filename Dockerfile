# docker build -t conversation-genome .
# docker run --env-file .env -v cgp-data:/app/data -v ~/.bittensor/wallets:/wallets:ro -p 8091:8091 \
#   conversation-genome miner --netuid N --subtensor.network test --wallet.path /wallets
FROM python:3.12-slim
RUN useradd --create-home --uid 1000 cgp && mkdir /app && chown cgp /app
USER cgp
WORKDIR /app
COPY --chown=cgp . .
RUN ./setup.sh && mkdir -p data
VOLUME /app/data
EXPOSE 8091 9100
STOPSIGNAL SIGTERM
# The same script that pm2 and systemd run; its first argument says which neuron.
ENTRYPOINT ["scripts/neuron.sh"]
CMD ["miner"]
