"""The columns of the three files, and under which headings offices keep them."""

from shared.imports.columns import Column
from shared.problems import mark

MOST_MATERIALS = 5

SESSION_COLUMNS = (
    Column("programme", mark("Programme"), "programa|cicle|ciclo|series"),
    Column("date", mark("Date"), "data|dia|fecha|day|data de la sessio|fecha de la sesion", is_required=True),
    Column("time", mark("Time"), "hora|hora d inici|inici|hora de inicio|inicio|horari|horario", is_required=True),
    Column("duration_minutes", mark("Length in minutes"), "durada|duracio|duracion|minuts|minutos|minutes|duration"),
    Column(
        "title_ca",
        mark("Title in Catalan"),
        "titol|titol en catala|sessio|tema|titulo|titulo en catalan|title|session",
    ),
    Column("title_es", mark("Title in Spanish"), "titol en castella|titulo en castellano|title in spanish"),
    Column("title_en", mark("Title in English"), "titol en angles|titulo en ingles|title in english"),
    Column("description_ca", mark("Description in Catalan"), "descripcio|resum|descripcion|description"),
    Column("description_es", mark("Description in Spanish"), "descripcio en castella|descripcion en castellano"),
    Column("description_en", mark("Description in English"), "descripcio en angles|descripcion en ingles"),
    Column("recording_url", mark("Recording"), "enregistrament|gravacio|video|grabacion|recording|vimeo|youtube"),
    *(
        column
        for number in range(1, MOST_MATERIALS + 1)
        for column in (
            Column(f"material_{number}_title", mark("Title of a document"), number=number),
            Column(
                f"material_{number}_url",
                mark("Address of a document"),
                "material|materials|presentacio|presentacion|documents|documentos|slides" if number == 1 else "",
                number=number,
            ),
        )
    ),
    Column("external_id", mark("Your own code of the session"), "codi|id|identificador|codigo|referencia|code"),
)

PARTICIPATION_COLUMNS = (
    Column("programme", mark("Programme"), "programa|cicle|ciclo|series"),
    Column(
        "session",
        mark("Session"),
        "sessio|sesion|data|fecha|date|data de la sessio|codi de la sessio",
        is_required=True,
    ),
    Column(
        "entity",
        mark("Local entity"),
        "ens|ens local|ajuntament|municipi|entitat|ayuntamiento|ente|ente local|municipio|entidad|council|codi ens|"
        "codi de l ens|organitzacio|nom de l ens|nombre del ente",
        is_required=True,
    ),
    Column(
        "registered", mark("Registered"), "inscrits|inscripcions|inscrites|persones inscrites|inscritos|inscripciones"
    ),
    Column("attended", mark("Attended"), "assistencia|assistents|asistentes|connectats|asistencia|conectados"),
)

ASSISTANCE_COLUMNS = (
    Column(
        "resource",
        mark("Resource"),
        "recurs|recurs del cataleg|servei|recurso|recurso del catalogo|servicio|codi del recurs",
        is_required=True,
    ),
    Column(
        "entity",
        mark("Local entity"),
        "ens|ens local|ajuntament|municipi|entitat|ayuntamiento|ente|ente local|municipio|entidad|council|codi ens|"
        "codi de l ens|organitzacio|nom de l ens|nombre del ente",
        is_required=True,
    ),
    Column(
        "reference",
        mark("Reference of the request"),
        "referencia|expedient|expediente|numero d expedient|num expedient|codi|id|codi de la sol licitud",
    ),
    Column(
        "requested_on",
        mark("Requested on"),
        "sol licitat|sollicitat|data de sol licitud|data de la sol licitud|sol licitud|solicitado|fecha de solicitud|"
        "data peticio",
    ),
    Column(
        "finished_on",
        mark("Finished on"),
        "finalitzat|data de finalitzacio|finalitzacio|data fi|finalizado|fecha de finalizacion|finalizacion|tancat",
        is_required=True,
    ),
)

PEOPLE_COLUMNS = (
    Column(
        "name",
        mark("Name"),
        "nom|nom i cognoms|nom complet|nombre|nombre y apellidos|nombre completo|full name",
        is_required=True,
    ),
    Column(
        "email",
        mark("Email address"),
        "correu|correu electronic|adreca electronica|e mail|mail|correo|correo electronico",
        is_required=True,
    ),
    Column(
        "entity",
        mark("Local entity"),
        "ens|ens local|ajuntament|municipi|entitat|ayuntamiento|ente|ente local|municipio|entidad|council|codi ens|"
        "organitzacio",
        is_required=True,
    ),
    Column("role", mark("Role at work"), "carrec|lloc de treball|cargo|puesto"),
    Column("language", mark("Language of the mails"), "llengua|idioma|lengua"),
)
