"""The engine, the web application and the people in front of it, as the tests of the pages have them."""

from tests.web.conftest import _quick_passphrases as _quick_passphrases
from tests.web.conftest import ada as ada
from tests.web.conftest import app as app
from tests.web.conftest import bearer as bearer
from tests.web.conftest import engine as engine
from tests.web.conftest import owner as owner
from tests.web.conftest import settings as settings
from tests.web.conftest import stranger as stranger
