"""Outside HTTP on behalf of rulesets: deadlines, a size cap, and no way into private networks.

Every address is checked after its name was resolved, and the connection is made to the very
address that was checked, on every redirect anew. An operator may allow private addresses.
"""

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from pico.limits import HTTP_REDIRECTS, HTTP_RESPONSE_BYTES, HTTP_SECONDS
from pico.runtime.host import HttpAnswer, HttpCall

REFUSED = "this engine does not call private addresses; its operator can allow it with --allow-private-http"
EMBEDDING = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
SECRET_HEADERS = frozenset({"authorization", "cookie"})


class PrivateAddress(OSError):
    """The name leads to an address that rulesets may not call."""


class Outside:
    """The engine's HTTP client. `allow_private` lifts the ban on private addresses."""

    def __init__(self, allow_private: bool) -> None:
        self.allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def call(self, request: HttpCall) -> HttpAnswer:
        """One request with its redirects, within the deadline. Failures are answers with status 0."""
        try:
            async with asyncio.timeout(HTTP_SECONDS.value):
                return await self._follow(request)
        except TimeoutError:
            return _failed(f"no answer within {HTTP_SECONDS.value} seconds")
        except PrivateAddress as error:
            return _failed(str(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            cause = error.__cause__ or error.__context__
            return _failed(str(cause) if isinstance(cause, PrivateAddress) else f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Let go of open connections."""
        if self._session is not None:
            await self._session.close()

    async def _follow(self, request: HttpCall) -> HttpAnswer:
        method, url, headers, body = request.method, request.url, dict(request.headers), request.body
        for _ in range(HTTP_REDIRECTS.value + 1):
            answer = await self._once(method, url, headers, body)
            target = answer.headers.get("location")
            if not request.follow or target is None or answer.status not in (301, 302, 303, 307, 308):
                return answer
            following = urljoin(url, target)
            if URL(following).origin() != URL(url).origin():
                headers = {k: v for k, v in headers.items() if k not in SECRET_HEADERS}
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, body = ("HEAD" if method == "HEAD" else "GET"), None
                headers.pop("content-type", None)
            url = following
        return _failed(f"more than {HTTP_REDIRECTS.value} redirects")

    async def _once(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> HttpAnswer:
        target = URL(url)  # what is checked is what is called: another parser might see another host
        if target.scheme not in ("http", "https") or not target.raw_host:
            raise ValueError(f"{url} is no http: or https: URL")
        if not self.allow_private:
            _refuse_literal(target.raw_host)
        calling = self._client().request(method, target, headers=headers, data=body, allow_redirects=False)
        async with calling as response:
            content = await response.content.read(HTTP_RESPONSE_BYTES.value + 1)
            while len(content) <= HTTP_RESPONSE_BYTES.value and not response.content.at_eof():
                content += await response.content.read(HTTP_RESPONSE_BYTES.value + 1 - len(content))
            if len(content) > HTTP_RESPONSE_BYTES.value:
                return _failed(HTTP_RESPONSE_BYTES.explain())
            seen: dict[str, str] = {}
            for name, value in response.headers.items():
                seen[name.lower()] = f"{seen[name.lower()]}, {value}" if name.lower() in seen else value
            return HttpAnswer(response.status, response.reason or "", seen, content)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = ThreadedResolver() if self.allow_private else PublicResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=200),
                cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
                timeout=aiohttp.ClientTimeout(total=HTTP_SECONDS.value),
            )
        return self._session


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses every one that leads to a private address."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0,
                      family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of a host. Raises `PrivateAddress`."""
        found = await self._inner.resolve(host, port, family)
        for entry in found:
            if not is_public(entry["host"]):
                raise PrivateAddress(REFUSED)
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()


def is_public(address: Any) -> bool:
    """Whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address)
    inner = _inner(ip) if isinstance(ip, ipaddress.IPv6Address) else None
    return ip.is_global and not ip.is_multicast and (inner is None or is_public(inner))


def _inner(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped, 6to4, NAT64, or in the old compatible form."""
    if any(ip in network for network in EMBEDDING):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _refuse_literal(host: str) -> None:
    """A host that is an address needs no resolving, so the resolver never sees it."""
    try:
        public = is_public(host)
    except ValueError:
        return
    if not public:
        raise PrivateAddress(REFUSED)


def _failed(reason: str) -> HttpAnswer:
    return HttpAnswer(0, reason, {}, b"")
