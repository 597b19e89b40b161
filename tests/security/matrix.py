"""Who may ask what: a row for every route. A route without a row is refused by the tests until somebody decides."""

from tests.security.routes import Route, read_matrix

MATRIX = read_matrix("""
GET     /health/live                                        public
GET     /health/ready                                       public

GET     /api/v1/openapi/registration.json                   public
GET     /api/v1/programmes                                  public
POST    /api/v1/programmes                                  token
GET     /api/v1/programmes/{slug}                           public
PATCH   /api/v1/programmes/{slug}                           token
GET     /api/v1/sessions                                    public
POST    /api/v1/sessions                                    token
GET     /api/v1/sessions/{session_id}                       public
PATCH   /api/v1/sessions/{session_id}                       token
POST    /api/v1/sessions/{session_id}/reschedule            token
POST    /api/v1/sessions/{session_id}/cancel                token
POST    /api/v1/sessions/{session_id}/end                   token
POST    /api/v1/sessions/{session_id}/materials             token
POST    /api/v1/sessions/{session_id}/registrations         public
GET     /api/v1/sessions/{session_id}/registrations         token
GET     /api/v1/registrations/{token}                       registration
DELETE  /api/v1/registrations/{token}                       registration
POST    /api/v1/registrations/export                        token
POST    /api/v1/registrations/erase                         token
GET     /api/v1/entities                                    public
POST    /api/v1/entities/import                             token
POST    /api/v1/sessions/import                             token
POST    /api/v1/participation/import                        token
POST    /api/v1/assistances/import                          token
POST    /api/v1/sessions/{session_id}/registrations/import  token
GET     /api/v1/resources                                   public
POST    /api/v1/resources                                   token
PATCH   /api/v1/resources/{slug}                            token
PUT     /api/v1/assistances/{resource}/{entity}             token
POST    /api/v1/sessions/{session_id}/enrol                 token
GET     /api/v1/memberships                                 token
POST    /api/v1/memberships                                 token
PATCH   /api/v1/memberships/{id}                            token
POST    /api/v1/memberships/{id}/advance                    token
GET     /api/v1/offers                                      public
POST    /api/v1/offers                                      token
PUT     /api/v1/offers/{offer_id}                           token
POST    /api/v1/offers/{offer_id}/petitions                 public
POST    /api/v1/offers/{offer_id}/select                    token
GET     /api/v1/petitions                                   token
GET     /api/v1/petitions/{token}                           petition
POST    /api/v1/petitions/{petition_id}/review              token
POST    /api/v1/petitions/{petition_id}/decide              token
POST    /api/v1/petitions/{petition_id}/answer              token
POST    /api/v1/petitions/{petition_id}/assign              token
POST    /api/v1/petitions/{petition_id}/points              token

GET     /                                                   public
GET     /programmes/{slug}                                  public
GET     /programmes/{slug}/calendar.ics                     public
GET     /sessions                                           public
GET     /sessions/{session_id}                              public
GET     /sessions/{session_id}/register                     public
POST    /sessions/{session_id}/register                     public
GET     /sessions/{session_id}/registered                   public
GET     /sessions/{session_id}/link                         public
POST    /sessions/{session_id}/link                         public
GET     /open-data                                          public
GET     /open-data/sessions.csv                             public
GET     /open-data/sessions.json                            public
GET     /open-data/participation.csv                        public
GET     /catalogue.ttl                                      public
GET     /catalogue.jsonld                                   public
GET     /calendar.ics                                       public
GET     /feed.atom                                          public
GET     /feed.json                                          public
GET     /sitemap.xml                                        public
GET     /robots.txt                                         public
GET     /favicon.svg                                        public
GET     /favicon.ico                                        public
GET     /accessibility                                      public
GET     /privacy                                            public
GET     /legal                                              public
GET     /registration/erased                                public
GET     /registration/{token}                               registration
GET     /registration/{token}/correct                       registration
POST    /registration/{token}/correct                       registration
GET     /registration/{token}/cancel                        registration
POST    /registration/{token}/cancel                        registration
GET     /registration/{token}/again                         registration
POST    /registration/{token}/again                         registration
GET     /registration/{token}/session.ics                   registration
GET     /registration/{token}/data.json                     registration
GET     /registration/{token}/erase                         registration
POST    /registration/{token}/erase                         registration
GET     /join/{token}                                       join
POST    /join/{token}                                       join
GET     /membership/erased                                  public
GET     /membership/{token}                                 membership
POST    /membership/{token}/evidence                        membership
POST    /membership/{token}/contacts                        membership
GET     /membership/{token}/data.json                       membership
GET     /membership/{token}/erase                           membership
POST    /membership/{token}/erase                           membership
GET     /programmes/{slug}/members                          public
GET     /programmes/{slug}/{offer_slug}                     public
POST    /programmes/{slug}/{offer_slug}                     public
GET     /programmes/{slug}/{offer_slug}/asked               public
GET     /petition/erased                                    public
GET     /petition/{token}                                   petition
GET     /petition/{token}/accept                            petition
POST    /petition/{token}/accept                            petition
GET     /petition/{token}/withdraw                          petition
POST    /petition/{token}/withdraw                          petition
GET     /petition/{token}/data.json                         petition
GET     /petition/{token}/erase                             petition
POST    /petition/{token}/erase                             petition

GET     /office/sign-in                                     public
POST    /office/sign-in                                     public
POST    /office/sign-out                                    public
GET     /office/first-run/{token}                           sign-in
POST    /office/first-run/{token}                           sign-in
GET     /office/password/{token}                            sign-in
POST    /office/password/{token}                            sign-in
GET     /office/passkey                                     public
POST    /office/passkey                                     public
GET     /office                                             viewer
GET     /office/account                                     viewer
POST    /office/account/sign-out                            viewer
POST    /office/account/password                            viewer
POST    /office/account/passkeys                            viewer
GET     /office/account/passkeys/{passkey_id}               viewer
POST    /office/account/passkeys/{passkey_id}               viewer
GET     /office/people                                      admin
POST    /office/people                                      admin
GET     /office/people/{person_id}                          admin
POST    /office/people/{person_id}/link                     admin
POST    /office/people/{person_id}/role                     admin
GET     /office/people/{person_id}/remove                   admin
POST    /office/people/{person_id}/remove                   admin
POST    /office/people/sign-out                             admin
POST    /office/people/{person_id}/sign-out                 admin
GET     /office/people/{person_id}/passkeys                 admin
POST    /office/people/{person_id}/passkeys                 admin
GET     /office/audit                                       admin
GET     /office/audit/mails                                 admin
GET     /office/audit/results                               admin
GET     /office/audit/proposals                             admin
GET     /office/sessions                                    viewer
GET     /office/sessions/new                                editor
POST    /office/sessions/new                                editor
GET     /office/sessions/{session_id}                       viewer
GET     /office/sessions/{session_id}/edit                  editor
POST    /office/sessions/{session_id}/edit                  editor
GET     /office/sessions/{session_id}/prepare               editor
GET     /office/sessions/{session_id}/materials             editor
POST    /office/sessions/{session_id}/materials             editor
GET     /office/sessions/{session_id}/reschedule            editor
POST    /office/sessions/{session_id}/reschedule            editor
GET     /office/sessions/{session_id}/cancel                editor
POST    /office/sessions/{session_id}/cancel                editor
GET     /office/sessions/{session_id}/end                   editor
POST    /office/sessions/{session_id}/end                   editor
GET     /office/sessions/{session_id}/registrations         viewer
POST    /office/sessions/{session_id}/registrations         editor
GET     /office/sessions/{session_id}/registrations.csv     viewer
GET     /office/sessions/{session_id}/registrations.xlsx    viewer
GET     /office/sessions/{session_id}/registrations/add     editor
POST    /office/sessions/{session_id}/registrations/add     editor
GET     /office/sessions/{session_id}/registrations/{registration_id}/cancel    editor
POST    /office/sessions/{session_id}/registrations/{registration_id}/cancel    editor
GET     /office/sessions/{session_id}/attendance            editor
POST    /office/sessions/{session_id}/attendance            editor
POST    /office/sessions/{session_id}/attendance/store      editor
GET     /office/programmes                                  viewer
GET     /office/programmes/new                              editor
POST    /office/programmes/new                              editor
GET     /office/programmes/{slug}                           editor
POST    /office/programmes/{slug}                           editor
GET     /office/programmes/{slug}/phases                    editor
POST    /office/programmes/{slug}/phases                    editor
GET     /office/programmes/{slug}/bodies                    editor
POST    /office/programmes/{slug}/bodies                    editor
GET     /office/programmes/{slug}/members                   viewer
GET     /office/programmes/{slug}/members/new               editor
POST    /office/programmes/{slug}/members/new               editor
GET     /office/programmes/{slug}/members/{entity}          viewer
POST    /office/programmes/{slug}/members/{entity}/advance  editor
POST    /office/programmes/{slug}/members/{entity}/next-step  editor
POST    /office/programmes/{slug}/members/{entity}/contacts  editor
POST    /office/programmes/{slug}/members/{entity}/contacts/{contact_id}/erase  editor
POST    /office/programmes/{slug}/members/{entity}/settings  editor
GET     /office/programmes/{slug}/members/{entity}/end/{how}  editor
POST    /office/programmes/{slug}/members/{entity}/end/{how}  editor
GET     /office/sessions/{session_id}/enrol                 editor
POST    /office/sessions/{session_id}/enrol                 editor
GET     /office/programmes/{slug}/survey                    editor
POST    /office/programmes/{slug}/survey                    editor
GET     /office/programmes/{slug}/plan                      editor
GET     /office/programmes/{slug}/report                    viewer
GET     /office/programmes/{slug}/report.csv                viewer
POST    /office/programmes/{slug}/plan                      editor
GET     /office/programmes/{slug}/offers                    viewer
GET     /office/programmes/{slug}/offers/new                editor
POST    /office/programmes/{slug}/offers/new                editor
GET     /office/programmes/{slug}/offers/{offer_slug}       editor
POST    /office/programmes/{slug}/offers/{offer_slug}       editor
GET     /office/programmes/{slug}/offers/{offer_slug}/select    editor
POST    /office/programmes/{slug}/offers/{offer_slug}/select    editor
GET     /office/programmes/{slug}/offers/{offer_slug}/selection.json    viewer
GET     /office/petitions                                   viewer
GET     /office/petitions.csv                               viewer
GET     /office/petitions/{petition_id}                     viewer
POST    /office/petitions/{petition_id}/review              editor
POST    /office/petitions/{petition_id}/decide              editor
POST    /office/petitions/{petition_id}/answer              editor
POST    /office/petitions/{petition_id}/assign              editor
POST    /office/petitions/{petition_id}/points              editor
POST    /office/petitions/{petition_id}/treat               editor
GET     /office/entities                                    viewer
GET     /office/entities/coverage                           viewer
GET     /office/entities/coverage.csv                       viewer
GET     /office/entities/{code}                             viewer
GET     /office/resources                                   viewer
GET     /office/resources/new                               editor
POST    /office/resources/new                               editor
GET     /office/resources/{slug}                            editor
POST    /office/resources/{slug}                            editor
GET     /office/import                                      admin
GET     /office/import/sessions                             admin
POST    /office/import/sessions                             admin
GET     /office/import/participation                        admin
POST    /office/import/participation                        admin
GET     /office/import/assistances                          admin
POST    /office/import/assistances                          admin
GET     /office/sessions/{session_id}/registrations/import  editor
POST    /office/sessions/{session_id}/registrations/import  editor

GET     /api/v1/openapi/notifications.json                  public
GET     /api/v1/deliveries                                  token
GET     /api/v1/deliveries/{id}                             token
POST    /api/v1/deliveries/{id}/resend                      token
GET     /api/v1/suppressions                                token
DELETE  /api/v1/suppressions/{id}                           token
POST    /api/v1/suppressions/lift                           token
POST    /api/v1/recipients/export                           token
POST    /api/v1/recipients/erase                            token
GET     /preferences/{token}                                preferences
POST    /preferences/{token}                                preferences
GET     /office/mails                                       viewer
POST    /office/mails                                       viewer
GET     /office/mails/deliveries/{id}                       viewer
POST    /office/mails/deliveries/{id}/resend                editor
GET     /office/mails/suppressions                          viewer
POST    /office/mails/suppressions/{id}/lift                admin
POST    /office/mails/suppressions/lift                     admin
GET     /office/mails/wording                               viewer
GET     /office/mails/wording/{programme}                   viewer
GET     /office/mails/wording/{programme}/{kind}/{language}    viewer
POST    /office/mails/wording/{programme}/{kind}/{language}    admin

GET     /api/v1/openapi/feedback.json                       public
GET     /api/v1/surveys/{token}                             survey
POST    /api/v1/surveys/{token}                             survey
GET     /api/v1/results                                     public
GET     /api/v1/results/{session}                           public
POST    /api/v1/results/import                              token
POST    /api/v1/results/{session}/publish                   token
GET     /api/v1/results/{session}/comments                  token
GET     /survey/{token}                                     survey
POST    /survey/{token}                                     survey
GET     /results                                            public
GET     /open-data/results.csv                              public
GET     /results/sitemap.xml                                public
GET     /results/{session}                                  public
GET     /results/{session}.csv                              public
GET     /office/results                                     viewer
GET     /office/results/export.csv                          viewer
GET     /office/results/import                              admin
POST    /office/results/import                              admin
GET     /office/results/{session}                           viewer
GET     /office/results/{session}/comments                  viewer
GET     /office/results/{session}/publish                   editor
GET     /office/results/{session}/results.csv               viewer
POST    /office/results/{session}/publish                   editor

GET     /api/v1/openapi/proposals.json                      public
POST    /api/v1/proposals                                   public
GET     /api/v1/proposals                                   public
GET     /api/v1/proposals/similar                           public
GET     /api/v1/proposals/{proposal_id}                     public
POST    /api/v1/proposals/{proposal_id}/supports            public
POST    /api/v1/supports/{token}                            support
POST    /api/v1/followers/export                            token
POST    /api/v1/followers/erase                             token
POST    /api/v1/proposals/schedule                          token
POST    /api/v1/proposals/{proposal_id}/review              token
POST    /api/v1/proposals/{proposal_id}/schedule            token
POST    /api/v1/proposals/{proposal_id}/answer              token
POST    /api/v1/proposals/{proposal_id}/decline             token
POST    /api/v1/proposals/{proposal_id}/merge               token
GET     /proposals                                          public
GET     /proposals/new                                      public
POST    /proposals/new                                      public
GET     /open-data/proposals.csv                            public
GET     /proposals/sitemap.xml                              public
GET     /proposals/{proposal_id}                            public
POST    /proposals/{proposal_id}                            public
GET     /support/{token}                                    support
POST    /support/{token}                                    support
GET     /following/erased                                   public
GET     /following/{token}                                  following
GET     /following/{token}/data.json                        following
GET     /following/{token}/erase                            following
POST    /following/{token}/erase                            following
GET     /office/proposals                                   viewer
POST    /office/proposals                                   editor
GET     /office/proposals/weights                           viewer
POST    /office/proposals/weights                           admin
GET     /office/proposals/decidim                           editor
POST    /office/proposals/decidim.json                      editor
GET     /office/proposals/{proposal_id}                     viewer
POST    /office/proposals/{proposal_id}/{step}              editor
""")

PETITION_STEPS = ("review", "decide", "answer", "assign", "points")
FOR_BODIES = {
    Route("GET", "/office"),
    Route("GET", "/office/account"),
    Route("POST", "/office/account/sign-out"),
    Route("POST", "/office/account/password"),
    Route("POST", "/office/account/passkeys"),
    Route("GET", "/office/account/passkeys/{passkey_id}"),
    Route("POST", "/office/account/passkeys/{passkey_id}"),
    *(
        Route(method, f"/office/programmes/{{slug}}/members{beneath}")
        for method, beneath in (
            ("GET", ""),
            ("GET", "/{entity}"),
            ("POST", "/{entity}/advance"),
            ("POST", "/{entity}/next-step"),
            ("POST", "/{entity}/contacts"),
            ("POST", "/{entity}/contacts/{contact_id}/erase"),
        )
    ),
    Route("GET", "/office/petitions"),
    Route("GET", "/office/petitions.csv"),
    Route("GET", "/office/petitions/{petition_id}"),
    *(Route("POST", f"/office/petitions/{{petition_id}}/{step}") for step in PETITION_STEPS),
}
"""Pages of the office that let in the staff of a body too, and show them no more than what is theirs."""
