"""Base classes of tests that share an application."""

from case import StackTest


class OneApp(StackTest):
    """The tests of a class have one application, in `one`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one = cls.app()


class OneOfEach(OneApp):
    """It has a rule r, point scale s, badge b, user u and event e."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one.rule(name="r", scale="s", badge="b")
        cls.one.event("u", id="e")
