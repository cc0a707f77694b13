"""Who the synthetic clinic is made of: staff, rooms in Slack, doctors, patients. All invented; numbers are fictional (555-01xx)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Organisation:
    """The clinic as Careloop sets it up; `phone` as people dial it, `text_number` in E.164."""

    name: str
    brand: str
    phone: str
    text_number: str
    zone: str
    zip: str
    site: str


@dataclass(frozen=True)
class Room:
    """A private Slack channel."""

    id: str
    name: str
    private: bool
    members: tuple[str, ...]


@dataclass(frozen=True)
class Team:
    """A queue of work and the channel its cards go to."""

    code: str
    name: str
    channel: str
    clinical: bool


@dataclass(frozen=True)
class StaffMember:
    """`id` is the Slack user id; `role` one of Careloop's roles; `teams` are codes."""

    id: str
    name: str
    title: str
    email: str
    role: str
    teams: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True)
class Doctor:
    """A practitioner with a schedule of their own."""

    id: str
    given: str
    family: str


@dataclass(frozen=True)
class Sketch:
    """A patient before the dates are known: `visit` is the local time of the Thursday visit, `doctor` a place in DOCTORS.

    `phone` is the E.164 number or ""; `use` is mobile or home (a landline); `consent` whether texts were agreed to.
    """

    role: str
    given: str
    family: str
    gender: str
    born: str
    language: str
    phone: str
    visit: str
    doctor: int
    service: str = "Office visit"
    use: str = "mobile"
    consent: bool = True


ORGANISATION = Organisation(
    name="Lakeside Clinic",
    brand="Lakeside Clinic",
    phone="312-555-0100",
    text_number="+13125550100",
    zone="America/Chicago",
    zip="60614",
    site="Lakeside Clinic, Lincoln Park",
)
BRANCH = ("loc-evanston", "Lakeside Clinic, Evanston", "Evanston", "60202")
"""A second place, of patients of the time before the demo: the EHR's id, name, city, ZIP."""

DOCTORS = (
    Doctor("prac-okafor", "Ngozi", "Okafor"),
    Doctor("prac-lindqvist", "Per", "Lindqvist"),
    Doctor("prac-banerjee", "Ila", "Banerjee"),
)
TEAMS = (
    Team("patient_access", "Patient access", "C0PATACCESS", clinical=False),
    Team("clinical", "Clinical", "C0CLINICAL0", clinical=True),
    Team("front_office", "Front office", "C0FRONTOFFC", clinical=False),
    Team("care_coordination", "Care coordination", "C0CARECOORD", clinical=False),
)
STAFF = (
    StaffMember(
        "U0BRUNO0002", "Bruno Keller", "Patient access agent", "bruno@lakeside.example", "agent", ("patient_access",)
    ),
    StaffMember(
        "U0CHLOE0003", "Chloe Tran", "Patient access agent", "chloe@lakeside.example", "agent", ("patient_access",)
    ),
    StaffMember(
        "U0AMINA0001",
        "Amina Yusuf",
        "Registered nurse",
        "amina@lakeside.example",
        "clinician",
        ("clinical",),
        "+13125550181",
    ),
    StaffMember(
        "U0DIEGO0004", "Diego Solano", "Care coordinator", "diego@lakeside.example", "agent", ("care_coordination",)
    ),
    StaffMember("U0ELENA0005", "Elena Petrov", "Front office", "elena@lakeside.example", "agent", ("front_office",)),
    StaffMember(
        "U0FRANK0006",
        "Frank Osei",
        "Practice manager",
        "frank@lakeside.example",
        "manager",
        ("patient_access", "clinical", "front_office", "care_coordination"),
    ),
    StaffMember(
        "U0GRETA0007",
        "Greta Lund",
        "Systems administrator",
        "greta@lakeside.example",
        "admin",
        ("front_office",),
        "+13125550187",
    ),
    StaffMember(
        "U0HANNA0008", "Hanna Brandt", "Care manager", "hanna@lakeside.example", "manager", ("patient_access",)
    ),
)
PATIENTS = (
    Sketch("story", "Dana", "Whitfield", "female", "1984-06-02", "en", "+13125550111", "13:30", 0, "Follow-up visit"),
    Sketch("stop", "Gordon", "Pell", "male", "1971-01-19", "en", "+13125550112", "09:30", 0),
    Sketch("chest_pain", "Walter", "Nyberg", "male", "1958-11-23", "en", "+13125550113", "10:00", 1),
    Sketch("silent", "Tessa", "Moreland", "female", "1996-04-08", "en", "+13125550114", "10:30", 2),
    Sketch("elsewhere", "Ravi", "Chandran", "male", "1989-09-30", "en", "+17735550115", "11:00", 0),
    Sketch("close", "Opal", "Jennings", "female", "1966-02-14", "en", "+17735550116", "11:30", 1),
    Sketch("spanish", "Lucía", "Marín", "female", "1979-12-05", "es", "+17735550117", "13:00", 2),
    Sketch("landline", "Edith", "Brandvold", "female", "1941-07-27", "en", "+17735550118", "12:00", 1, use="home"),
    Sketch("no_phone", "Piotr", "Zielak", "male", "1993-03-11", "en", "", "12:30", 0),
    Sketch("shared_one", "Hank", "Polk", "male", "1948-05-16", "en", "+13125550119", "09:00", 2),
    Sketch("shared_two", "Irene", "Polk", "female", "1951-08-22", "en", "+13125550119", "12:30", 2),
    Sketch("no_consent", "Marcus", "Fieldsend", "male", "2001-10-01", "en", "+13125550120", "09:00", 1, consent=False),
    Sketch("attends", "Joan", "Abernathy", "female", "1962-03-29", "en", "+13125550121", "09:00", 0),
    Sketch("spanish_two", "Ernesto", "Villalobos", "male", "1955-06-18", "es", "+17735550122", "10:00", 2),
)
