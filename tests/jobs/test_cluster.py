"""Three NATS servers as one cluster, with TLS: the address of a killed one is no loss."""

import asyncio
import datetime as dt
import ipaddress
import json
import signal

import pytest

from cgp.chat.gateway import cluster_users
from cgp.jobs import Jobs, NatsServerError
from cgp.jobs.nats_server import ServerPlace, find_program, free_port, nats_server
from cgp.jobs.users import Role, User, authorization, own_seed, public_key_of
from tests.chat.conftest import hello, opened_chat, settings_for

x509 = pytest.importorskip("cryptography.x509", reason="not installed: cryptography")
pytestmark = pytest.mark.peers


def certificate(folder, *addresses):
    """Make a certificate that signs itself for addresses; return the files of it and of its key."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nats.example.org")])
    names = [
        x509.DNSName("nats.example.org"),
        *(x509.IPAddress(ipaddress.ip_address(a)) for a in addresses),
    ]
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


class Cluster:
    """Three servers as an operator configures them; the users come from ``cgp gateway --users``."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = [free_port("127.0.0.1") for _ in range(3)]
        self.routes = [free_port("127.0.0.1") for _ in range(3)]
        self.certificate, self.key = certificate(folder, "127.0.0.1")
        self.processes = {}

    @property
    def url(self):
        return ", ".join(f"tls://127.0.0.1:{port}" for port in self.ports)

    def write(self, users):
        routes = [f"nats://127.0.0.1:{port}" for port in self.routes]
        tls = json.dumps({"cert_file": str(self.certificate), "key_file": str(self.key)})
        for number, port in enumerate(self.ports):
            cluster = {
                "name": "c",
                "listen": f"127.0.0.1:{self.routes[number]}",
                "routes": routes,
            }
            lines = [
                f"server_name: n{number}",
                f"listen: 127.0.0.1:{port}",
                f"tls: {tls}",
                f"cluster: {json.dumps(cluster)}",
                users,
            ]
            (self.folder / f"{number}.conf").write_text("\n".join(lines))

    async def start(self):
        for number, port in enumerate(self.ports):
            log = self.folder / f"{number}.log"
            self.processes[port] = await asyncio.create_subprocess_exec(
                find_program(), "-c", str(self.folder / f"{number}.conf"), "-l", str(log)
            )
        async with asyncio.timeout(120):
            while not all(map(self._is_joined, range(3))):  # noqa: ASYNC110 - the log tells it alone
                await asyncio.sleep(0.05)

    def _is_joined(self, number):
        log = self.folder / f"{number}.log"
        return log.exists() and log.read_text().count("Route connection created") >= 2

    def reload(self, users):
        self.write(users)
        for process in self.processes.values():
            process.send_signal(signal.SIGHUP)

    async def stop(self):
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
            await process.wait()


@pytest.fixture
async def cluster(tmp_path, monkeypatch):
    cluster = Cluster(tmp_path / "cluster")
    # As an operator trusts an authority of the house's own.
    monkeypatch.setenv("SSL_CERT_FILE", str(cluster.certificate))
    cluster.write(cluster_users(settings_for(tmp_path / "gateway")))
    try:
        await cluster.start()
        yield cluster
    finally:
        await cluster.stop()


async def test_a_killed_server_of_three_loses_no_question(cluster, tmp_path):
    # Prepare: a gateway and two workers at the cluster, and questions all the time.
    async with opened_chat(tmp_path, nats={"url": cluster.url}) as chat:
        backend = await chat.backend(first=0.1)
        for name in ("a", "b"):
            key = public_key_of(own_seed(tmp_path / name / "worker" / f"{name}.seed"))
            assert (await chat.post({"public_key": key}, "/v1/workers"))[0] == 200
        cluster.reload(cluster_users(settings_for(tmp_path / "gateway")))
        for name in ("a", "b"):
            await chat.worker(backend, name, slots=4)
        connection = chat.desk.jobs._connection.client
        answers = []

        async def ask_on():
            for _ in range(15):
                answer = await chat.post(hello())
                answers.append(answer)

        # Execute: the gateway's own server is killed in the middle of it.
        asking = asyncio.gather(*(ask_on() for _ in range(4)))
        await chat.settled(lambda: len(answers) >= 12)
        port = connection.connected_url.port
        cluster.processes[port].send_signal(signal.SIGKILL)
        await asyncio.wait_for(asking, 240)

        # Assert
        assert [status for status, _, _ in answers] == [200] * 60
        assert connection.connected_url.port != port
        assert connection._transport._io_writer.get_extra_info("cipher")
        assert not any(chat.desk.dispatcher.roster.is_paused(w) for w in chat.desk.jobs.workers())


async def test_a_stranger_and_a_server_with_another_certificate_are_refused(
    cluster, tmp_path, monkeypatch
):
    seed = own_seed(tmp_path / "stranger.seed")
    with pytest.raises(NatsServerError, match=r"(?i)authorization"):
        async with Jobs.connect(cluster.url, seed, name="x", seconds=3.0):
            pass
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path / "other", "127.0.0.1")[0]))
    with pytest.raises(NatsServerError, match=r"(?i)certificate"):
        async with Jobs.connect(cluster.url, seed, name="x", seconds=3.0):
            pass


async def test_the_own_server_with_tls_is_trusted_by_its_own_certificate_alone(tmp_path):
    # Prepare: the certificate names the machine as others reach it, and not the loopback address.
    files = certificate(tmp_path / "own")
    seed = own_seed(tmp_path / "gateway.seed")
    users = [User(public_key_of(seed), Role.GATEWAY)]
    place = ServerPlace("127.0.0.1", 0, *files)
    async with nats_server(tmp_path / "nats", place, users) as server:
        # Execute
        async with Jobs.connect(server.url, seed, name="gateway", tls=server.trust) as jobs:
            assert jobs.is_connected
        # Assert
        with pytest.raises(NatsServerError, match=r"(?i)certificate"):
            async with Jobs.connect(server.url, seed, name="gateway", seconds=3.0):
                pass


async def test_another_machine_that_does_not_encrypt_gets_no_jobs(tmp_path):
    # 127.0.0.2 stands for another machine: it is not this one's usual loopback address.
    seed = own_seed(tmp_path / "gateway.seed")
    configuration = tmp_path / "clear.conf"
    port = free_port("127.0.0.2")
    users = authorization([User(public_key_of(seed), Role.GATEWAY)])
    configuration.write_text(f"listen: 127.0.0.2:{port}\n{users}")
    process = await asyncio.create_subprocess_exec(find_program(), "-c", str(configuration))
    try:
        with pytest.raises(NatsServerError, match="does not encrypt"):
            async with Jobs.connect(f"nats://127.0.0.2:{port}", seed, name="x", seconds=3.0):
                pass
    finally:
        process.kill()
        await process.wait()
