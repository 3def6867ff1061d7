"""An import, and a store, over TLS that a MariaDB demands: its certificate is checked, and a foreign one is refused.

The PostgreSQL that tests start cannot do TLS; there the URL goes to libpq as it is.
"""

from __future__ import annotations

from contextlib import closing
from urllib.parse import unquote, urlsplit

import pymysql
import pytest

from lineal.errors import Unavailable
from lineal.ingest.mlmd.run import import_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.store.location import locate
from lineal.store.open import open_store
from tests.servers.certificates import Authority
from tests.servers.mariadb import MariadbServer
from tests.servers.process import NotInstalled
from tests.unit.ingest.mlmd.test_servers import Server


class Encrypted:
    """A server that speaks TLS only, and how its URLs say whom to trust."""

    def __init__(self, directory):
        self.ours, self.foreign = Authority(directory), Authority(directory, "foreign")
        made = self.ours.sign("server")
        files = (f"--ssl-cert={made.certificate}", f"--ssl-key={made.key}", f"--ssl-ca={self.ours.file}")
        self.server = MariadbServer((*files, "--require-secure-transport=ON"))

    def url(self, authority):
        """Return a new database's URL that trusts this authority and checks the server's name."""
        return f"{self.server.new_database()}?ssl_ca={authority.file}&ssl_verify=true"


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    try:
        made = Encrypted(tmp_path_factory.mktemp("certificates"))
    except NotInstalled as missing:
        pytest.skip(str(missing))
    yield made
    made.server.close()


def test_a_database_is_imported_over_tls(encrypted, full, store):
    url = encrypted.url(encrypted.ours)
    source = Server(url, authority=encrypted.ours.file)
    with closing(source.connection):
        source.copy(full)
    with closing(Source.at(url)) as read:
        assert import_mlmd(read, store, actor="ada").equal


def test_a_store_lives_behind_tls(encrypted):
    with closing(open_store(locate(encrypted.url(encrypted.ours)))) as store:
        assert store.verify().findings == []


def test_a_certificate_that_nobody_trusted_signed_is_refused(encrypted):
    url = encrypted.url(encrypted.foreign)
    with pytest.raises(Unavailable, match="certificate"):
        Source.at(url)
    with pytest.raises(Unavailable, match="certificate"):
        open_store(locate(url))


def test_the_server_takes_nobody_who_speaks_in_the_clear(encrypted):
    parts = urlsplit(encrypted.server.new_database())
    who = {"host": "127.0.0.1", "port": parts.port, "user": parts.username, "password": unquote(parts.password)}
    pymysql.connect(**who).close()
    with pytest.raises(pymysql.OperationalError, match=r"insecure|Access denied"):
        pymysql.connect(**who, ssl_disabled=True)
