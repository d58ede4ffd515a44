"""Every key that Foyer keeps in Redis, and how values are written there. Nothing else names a key.

All keys of a tenant start with its stem, `foyer:{<tenant>}:`. The braces are a hash tag: Redis Cluster keeps what
shares one on one node, which a script needs (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).

    docs              hash    key of a document → version, ":", value
    names             zset    keys of documents, all of score 0: in the order of their bytes, for scans by prefix
    claims:<room>     zset    start|end|holder, by end; live claims never overlap, so that is their order by start, too
    held:<holder>     set     start|end|room of each claim
    job:<key>         hash    payload, due, since (first due), generation, attempts; died; fence and leased (until)
                              while somebody has it
    ready             zset    keys of living jobs, by when they can be had: due, or the end of a longer lease
    last              set     keys of jobs that somebody has for the last time
    dead              zset    keys of dead letters, by when they died
    fence             string  the last fence given out
    changed           zset    keys of documents, by the number of their last change; the newest hundred thousand
    feed              hash    last: that number's newest; forgot: the newest that `changed` no longer has; began: a name
                              for the counting, which starts anew where the data were lost
    ack:<batch>       string  the batch happened; lives for ten minutes

and one key of no tenant, `foyer:probe`, that health checks write.

Times are epoch seconds as the port has them, kept as text: Lua's own numbers lose digits when they are written.
"""

from bot.ports.store import Document

PROBE = "foyer:probe"


def stem(tenant: str) -> str:
    """Raises ValueError for a tenant whose name would end the hash tag."""
    if not tenant or "{" in tenant or "}" in tenant:
        raise ValueError("a tenant's name is not empty and has no braces")
    return f"foyer:{{{tenant}}}:"


def document(key: str, stored: bytes) -> Document:
    version, _, value = stored.partition(b":")
    return Document(key, value, int(version))
