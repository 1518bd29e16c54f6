import pytest
from tests.player.phones import FILM, open_as
pytestmark = [pytest.mark.browser, pytest.mark.film, pytest.mark.django_db(transaction=True)]

def test_debug(page, child, publish):
    publish("A"); publish("B")
    page.on("console", lambda m: print("console", m.type, m.text))
    page.on("requestfailed", lambda r: print("failed", r.url[-60:], r.failure))
    page.on("response", lambda r: print(r.status, r.url[-50:], r.request.headers.get("range")))
    open_as(page, child)
    page.wait_for_timeout(3000)
    print(page.evaluate(f"(() => {{ const v = {FILM}; return [v.readyState, v.paused, v.currentTime, v.error && v.error.message, v.src, v.buffered.length, v.muted, document.querySelector('[data-place=\"0\"]').outerHTML.slice(0,600)] }})()"))
    page.screenshot(path="/tmp/debug.png")
