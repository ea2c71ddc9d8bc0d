"""Who would read a confidential message in the portal? Pure."""

from collections.abc import Iterator
from datetime import datetime

from streams.cases import ClientCase
from streams.rule import Found, Outcome, not_recorded


def proxy_reads_confidential_thread(case: ClientCase, now: datetime) -> Iterator[Outcome]:
    """C22: a confidential message in a person's thread is seen by that person, its author and clinicians only; not by
    a parent, partner or former partner who is their proxy or otherwise among its readers.

    Source: domain-facts §2.6 C22.
    """
    for message in case.client.messages("portal"):
        data = message.data
        owner = data.thread_of or case.client.id
        if data.confidential is not True:
            continue
        day = case.practice.day_of(data.sent_at or now)
        links = [
            link
            for link in case.client.relationships()
            if (link.data.from_ is None or link.data.from_ <= day) and (link.data.to is None or day <= link.data.to)
        ]
        proxies = {link.data.person for link in links if link.data.portal_proxy and link.data.person is not None}
        subject = {"client": owner, "message": message.id}
        if not data.visible_to:
            if proxies:
                yield not_recorded(f"who can read message {message.id}", subject, (message, *links))
            continue
        readers = sorted(
            reader
            for reader in set(data.visible_to)
            if reader not in (owner, data.author) and case.practice.clinician(reader) is None
        )
        if readers:
            yield Found(
                subject=subject,
                why=f"Confidential message {message.id} in the thread of client {owner} can be read by "
                f"{', '.join(readers)}{', who has proxy access' if proxies & set(readers) else ''}.",
                todo="Take the message out of the proxy's view before it is sent or read.",
                evidence=(message, *(link for link in links if link.data.person in readers)),
            )
