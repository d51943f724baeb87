//! The services of a survey (`services.md`, §4), each as a profile: what the language must be able to say.
//!
//! Left out of its 36, with the reason:
//! - Feishu/Lark: its heartbeat is protobuf in binary messages.
//! - Kraken spot v2 private: its signature is an HMAC-SHA512 over a SHA-256 of nonce and form, with a key in base64.
//! - LiveKit: its greeting is protobuf in binary messages.
//!
//! Two are written down as far as a profile goes: Incus/LXD with OIDC's bearer instead of a client certificate; Apache
//! Guacamole, whose instructions are no JSON, with `text`.

use crate::model::Profile;

/// Each service's number in the survey, and its steps.
const SERVICES: &[(u8, &str)] = &[
    (
        1,
        r#"
        [secret.app_token]
        [[ticket]]
        post = "/api/apps.connections.open"
        auth = "Bearer {{app_token}}"
        ok = { "/ok" = true }
        error = "/error"
        take = { url = "/url" }
        [socket]
        url = "{{url}}"
        [[hello]]
        expect = { "/type" = "hello" }
        [[end]]
        when = { "/type" = "disconnect" }
        then = "renew"
        reason = "/reason"
    "#,
    ),
    (
        2,
        r#"
        [secret.client_id]
        [secret.client_secret]
        [[ticket]]
        post = "/v1.0/gateway/connections/open"
        json = { clientId = "{{client_id}}", clientSecret = "{{client_secret}}", ua = "x", localIp = "127.0.0.1", subscriptions = [{ type = "EVENT", topic = "*" }] }
        error = "/code"
        take = { endpoint = "/endpoint", ticket = "/ticket" }
        [socket]
        url = "{{endpoint}}"
        query = { ticket = "{{ticket}}" }
        [[hello]]
        expect = { "/type" = "SYSTEM", "/headers/topic" = "REGISTERED" }
        [[answer]]
        when = { "/headers/topic" = "ping" }
        take = { message_id = "/headers/messageId", data = "/data" }
        send = '{"code":200,"headers":{"messageId":{{message_id|json}}},"data":{{data|json}}}'
        [[end]]
        when = { "/headers/topic" = "disconnect" }
        then = "renew"
    "#,
    ),
    (
        4,
        r#"
        [[ticket]]
        post = "/api/v1/bullet-public"
        ok = { "/code" = "200000" }
        error = "/code"
        take = { token = "/data/token", endpoint = "/data/instanceServers/0/endpoint", ping = "/data/instanceServers/0/pingInterval" }
        life = "24h"
        reusable = true
        [socket]
        url = "{{endpoint}}"
        query = { token = "{{token}}", connectId = "{{uuid}}" }
        [[hello]]
        expect = { "/type" = "welcome" }
        [heartbeat]
        every = { millis = "{{ping}}" }
        send = '{"id":"{{id}}","type":"ping"}'
        expect = { "/type" = "pong" }
    "#,
    ),
    (
        5,
        r#"
        [secret.key]
        [secret.api_secret]
        [secret.passphrase]
        [[ticket]]
        post = "/api/v1/bullet-private"
        make = { prehash = "{{now_ms}}POST/api/v1/bullet-private" }
        ok = { "/code" = "200000" }
        error = "/code"
        take = { token = "/data/token", endpoint = "/data/instanceServers/0/endpoint", ping = "/data/instanceServers/0/pingInterval" }
        [ticket.headers]
        KC-API-KEY = "{{key}}"
        KC-API-SIGN = "{{prehash|hmac_sha256:api_secret|base64}}"
        KC-API-TIMESTAMP = "{{now_ms}}"
        KC-API-PASSPHRASE = "{{passphrase|hmac_sha256:api_secret|base64}}"
        KC-API-KEY-VERSION = "2"
        [socket]
        url = "{{endpoint}}"
        query = { token = "{{token}}", connectId = "{{uuid}}" }
        [[hello]]
        expect = { "/type" = "welcome" }
        [heartbeat]
        every = "{{ping}}ms"
        send = '{"id":"{{id}}","type":"ping"}'
        expect = { "/type" = "pong" }
    "#,
    ),
    (
        7,
        r#"
        [secret.key]
        [[ticket]]
        post = "/fapi/v1/listenKey"
        headers = { X-MBX-APIKEY = "{{key}}" }
        error = "/code"
        take = { listen_key = "/listenKey" }
        life = "60m"
        reusable = true
        [socket]
        path = "/ws/{{listen_key|url}}"
        [[end]]
        when = { "/e" = "listenKeyExpired" }
        then = "renew"
    "#,
    ),
    (
        8,
        r#"
        [secret.username]
        [secret.password]
        [[login]]
        post = "/api2/json/access/ticket"
        form = { username = "{{username}}", password = "{{password}}" }
        take = { pve = "/data/ticket", csrf = "/data/CSRFPreventionToken" }
        life = "2h"
        [[ticket]]
        post = "/api2/json/nodes/pve/termproxy"
        form = { websocket = "1" }
        headers = { Cookie = "PVEAuthCookie={{pve|url}}", CSRFPreventionToken = "{{csrf}}" }
        take = { ticket = "/data/ticket", port = "/data/port", user = "/data/user" }
        [socket]
        path = "/api2/json/nodes/pve/vncwebsocket"
        query = { port = "{{port}}", vncticket = "{{ticket}}" }
        headers = { Cookie = "PVEAuthCookie={{pve|url}}" }
        protocols = ["binary"]
        [[hello]]
        send = "{{user}}:{{ticket}}\n"
        expect = { text = "OK" }
        [heartbeat]
        every = "30s"
        send = "2"
    "#,
    ),
    (
        9,
        r#"
        [secret.token]
        [[ticket]]
        post = "/1.0/instances/x/exec"
        auth = "Bearer {{token}}"
        json = { command = ["sh"], "wait-for-websocket" = true, interactive = true }
        take = { operation = "/metadata/id", fd = "/metadata/metadata/fds/0" }
        [socket]
        path = "/1.0/operations/{{operation|url}}/websocket"
        query = { secret = "{{fd}}" }
    "#,
    ),
    (
        10,
        r#"
        [secret.token]
        [[ticket]]
        post = "/hub/negotiate"
        query = { negotiateVersion = "1" }
        auth = "Bearer {{token}}"
        error = "/error"
        take = { connection = "/connectionToken" }
        [socket]
        path = "/hub"
        query = { id = "{{connection}}", access_token = "{{token}}" }
        [frame]
        split = "\u001e"
        [[hello]]
        send = '{"protocol":"json","version":1}'
        expect = { text = "{}" }
        [heartbeat]
        every = "15s"
        send = '{"type":6}'
        [silence]
        after = "30s"
        [[end]]
        when = { "/type" = 7, "/allowReconnect" = true }
        then = "retry"
    "#,
    ),
    (
        11,
        r#"
        [[ticket]]
        post = "/hub/negotiate"
        take = { url = "/url", access_token = "/accessToken" }
        [[ticket]]
        post = "{{url}}/negotiate"
        query = { negotiateVersion = "1" }
        auth = "Bearer {{access_token}}"
        take = { connection = "/connectionToken" }
        [socket]
        url = "{{url}}"
        query = { id = "{{connection}}", access_token = "{{access_token}}" }
        [frame]
        split = "\u001e"
        [[hello]]
        send = '{"protocol":"json","version":1}'
        expect = { text = "{}" }
    "#,
    ),
    (
        12,
        r#"
        [[ticket]]
        get = "/negotiate"
        take = { url = "/url" }
        [socket]
        url = "{{url}}"
        protocols = ["json.webpubsub.azure.v1"]
        [[hello]]
        expect = { "/type" = "system", "/event" = "connected" }
        [heartbeat]
        every = "20s"
        send = '{"type":"ping"}'
        expect = { "/type" = "pong" }
        [[end]]
        when = { "/type" = "system", "/event" = "disconnected" }
        then = "retry"
        reason = "/message"
    "#,
    ),
    (
        13,
        r#"
        [secret.key]
        [socket]
        path = "/event/realtime"
        make = { header = '{"host":"a.appsync-api.eu-west-1.amazonaws.com","x-api-key":{{key|json}}}' }
        protocols = ["aws-appsync-event-ws", "header-{{header|base64url}}"]
        [[hello]]
        send = '{"type":"connection_init"}'
        expect = { "/type" = "connection_ack" }
        take = { patience = "/connectionTimeoutMs" }
        [silence]
        after = { millis = "{{patience}}" }
        [[end]]
        when = { "/type" = "connection_error" }
        then = "stop"
        reason = "/errors/0/message"
    "#,
    ),
    (
        14,
        r#"
        [secret.session]
        [[ticket]]
        post = "/centrifugo/connection_token"
        headers = { Cookie = "session={{session}}" }
        take = { token = "/token" }
        life = { jwt = "token" }
        reusable = true
        [socket]
        path = "/connection/websocket"
        [frame]
        split = "\n"
        [[hello]]
        send = '{"id":1,"connect":{"token":{{token|json}}}}'
        expect = { "/id" = 1, "/connect" = "*" }
        take = { ping = "/connect/ping" }
        [[answer]]
        when = { text = "{}" }
        send = "{}"
        [silence]
        after = "{{ping}}s 10s"
        [[end]]
        when = { "/error/code" = 109 }
        then = "renew"
        [classify]
        close = { "3500-3999,4500-4999" = "stop" }
    "#,
    ),
    (
        15,
        r#"
        [secret.token]
        [socket]
        path = "/socket/websocket"
        query = { vsn = "2.0.0" }
        protocols = ["phoenix", "base64url.bearer.phx.{{token|base64url}}"]
        [[hello]]
        send = '["1","1","room:lobby","phx_join",{}]'
        expect = { "/2" = "room:lobby", "/3" = "phx_reply", "/4/status" = "ok" }
        [heartbeat]
        every = "30s"
        send = '[null,"{{id}}","phoenix","heartbeat",{}]'
        expect = { "/2" = "phoenix", "/3" = "phx_reply" }
        [classify]
        close = { "1000" = "stop" }
        upgrade = { "403" = "login" }
    "#,
    ),
    (
        16,
        r#"
        [secret.cookie]
        [socket]
        path = "/cable"
        headers = { Cookie = "_app_session={{cookie}}" }
        protocols = ["actioncable-v1-json", "actioncable-unsupported"]
        [[hello]]
        expect = { "/type" = "welcome" }
        [silence]
        after = "6s"
        [[end]]
        when = { "/type" = "disconnect", "/reconnect" = false }
        then = "stop"
        reason = "/reason"
    "#,
    ),
    (
        17,
        r#"
        [secret.token]
        [socket]
        path = "/socket.io/"
        query = { EIO = "4", transport = "websocket" }
        [[hello]]
        expect = { text = "0{" }
        take = { interval = "/pingInterval", patience = "/pingTimeout" }
        [[hello]]
        send = '40{"token":{{token|json}}}'
        expect = { text = "40" }
        [[answer]]
        when = { text = "2" }
        send = "3"
        [silence]
        after = "{{interval}}ms {{patience}}ms"
        [[end]]
        when = { text = "44" }
        then = "stop"
        reason = "/message"
    "#,
    ),
    (
        18,
        r#"
        [socket]
        path = "/app/KEY"
        query = { protocol = "7", client = "js", version = "8.4.0" }
        [[hello]]
        expect = { "/event" = "pusher:connection_established" }
        take = { socket_id = "/data/socket_id", activity = "/data/activity_timeout" }
        [[hello]]
        request = { post = "/pusher/auth", form = { socket_id = "{{socket_id}}", channel_name = "private-x" }, take = { signature = "/auth" } }
        send = '{"event":"pusher:subscribe","data":{"channel":"private-x","auth":{{signature|json}}}}'
        expect = { "/event" = "pusher_internal:subscription_succeeded" }
        [heartbeat]
        every = { seconds = "{{activity}}" }
        send = '{"event":"pusher:ping","data":{}}'
        expect = { "/event" = "pusher:pong" }
        [classify]
        close = { "4000-4099" = "stop", "4100-4199" = "retry", "4200-4299" = "renew" }
    "#,
    ),
    (
        19,
        r#"
        [secret.username]
        [secret.password]
        [[login]]
        post = "/api/v4/users/login"
        json = { login_id = "{{username}}", password = "{{password}}" }
        error = "/id"
        take = { token = "header:Token" }
        [socket]
        path = "/api/v4/websocket"
        query = { connection_id = "", sequence_number = "0" }
        headers = { Authorization = "Bearer {{token}}" }
        [[hello]]
        send = '{"seq":1,"action":"authentication_challenge","data":{"token":{{token|json}}}}'
        expect = { "/event" = "hello" }
        [heartbeat]
        every = "30s"
        send = '{"seq":{{id}},"action":"ping"}'
        expect = { "/data/text" = "pong" }
    "#,
    ),
    (
        20,
        r#"
        [secret.refresh]
        [[login]]
        post = "/auth/token"
        form = { grant_type = "refresh_token", refresh_token = "{{refresh}}" }
        error = "/error"
        take = { token = "/access_token" }
        life = { seconds = "/expires_in" }
        [socket]
        path = "/api/websocket"
        max_message = "64MiB"
        [[hello]]
        expect = { "/type" = "auth_required" }
        [[hello]]
        send = '{"type":"auth","access_token":{{token|json}}}'
        expect = { "/type" = "auth_ok" }
        [heartbeat]
        every = "30s"
        send = '{"id":{{id}},"type":"ping"}'
        expect = { "/type" = "pong" }
        [[end]]
        when = { "/type" = "auth_invalid" }
        then = "stop"
        reason = "/message"
        owner = "user"
    "#,
    ),
    (
        21,
        r#"
        [secret.token]
        [[ticket]]
        post = "/api/kernels"
        auth = "token {{token}}"
        json = { name = "python3" }
        take = { kernel = "/id" }
        [socket]
        path = "/api/kernels/{{kernel|url}}/channels"
        query = { token = "{{token}}" }
    "#,
    ),
    (
        22,
        r#"
        [secret.login]
        [[ticket]]
        get = "/ocs/v2.php/apps/spreed/api/v3/signaling/settings"
        query = { format = "json" }
        headers = { OCS-APIRequest = "true" }
        auth = "Basic {{login|base64}}"
        take = { server = "/ocs/data/server", user = "/ocs/data/helloAuthParams/1.0/userid", ticket = "/ocs/data/helloAuthParams/1.0/ticket" }
        [socket]
        url = "{{server}}"
        path = "/spreed"
        [[hello]]
        send = '{"id":"1","type":"hello","hello":{"version":"1.0","auth":{"url":"https://a.example/ocs/v2.php/apps/spreed/api/v3/signaling/backend","params":{"userid":{{user|json}},"ticket":{{ticket|json}}}}}}'
        expect = { "/type" = "hello", "/hello/sessionid" = "*" }
        take = { session = "/hello/sessionid" }
        [[end]]
        when = { "/type" = "error", "/error/code" = "too-many-sessions" }
        then = "retry"
        [[end]]
        when = { "/type" = "error" }
        then = "stop"
        reason = "/error/code"
        [[end]]
        when = { "/type" = "bye" }
        then = "retry"
    "#,
    ),
    (
        23,
        r#"
        [secret.username]
        [secret.password]
        [[login]]
        post = "/api/tokens"
        form = { username = "{{username}}", password = "{{password}}" }
        take = { token = "/authToken", source = "/dataSource" }
        [socket]
        path = "/websocket-tunnel"
        query = { token = "{{token}}", GUAC_DATA_SOURCE = "{{source}}", GUAC_ID = "1", GUAC_TYPE = "c", GUAC_WIDTH = "800", GUAC_HEIGHT = "600", GUAC_DPI = "96" }
        protocols = ["guacamole"]
        [[hello]]
        expect = { text = "0." }
        [heartbeat]
        every = "5s"
        send = "3.nop;"
        [[end]]
        when = { text = "5.error" }
        then = "stop"
    "#,
    ),
    (
        24,
        r#"
        [secret.token]
        [socket]
        path = "/api/v1/namespaces/default/pods/web/exec"
        query = { command = "sh", stdin = "true", stdout = "true", tty = "true" }
        protocols = ["v5.channel.k8s.io", "base64url.bearer.authorization.k8s.io.{{token|base64url}}"]
    "#,
    ),
    (
        25,
        r#"
        [secret.key]
        [secret.email]
        [secret.password]
        [[login]]
        post = "/auth/v1/token"
        query = { grant_type = "password" }
        headers = { apikey = "{{key}}" }
        json = { email = "{{email}}", password = "{{password}}" }
        error = "/error_code"
        take = { token = "/access_token" }
        life = { seconds = "/expires_in" }
        [socket]
        path = "/realtime/v1/websocket"
        query = { apikey = "{{key}}", vsn = "2.0.0" }
        [[hello]]
        send = '["1","1","realtime:x","phx_join",{"config":{},"access_token":{{token|json}}}]'
        expect = { "/3" = "phx_reply", "/4/status" = "ok" }
        [heartbeat]
        every = "25s"
        send = '[null,"{{id}}","phoenix","heartbeat",{}]'
        expect = { "/2" = "phoenix", "/3" = "phx_reply" }
        [[end]]
        when = { "/3" = "phx_close" }
        then = "retry"
    "#,
    ),
    (
        26,
        r#"
        [secret.token]
        [socket]
        path = "/v1/graphql"
        protocols = ["graphql-transport-ws"]
        [[hello]]
        send = '{"type":"connection_init","payload":{"headers":{"Authorization":"Bearer {{token}}"}}}'
        expect = { "/type" = "connection_ack" }
        [heartbeat]
        every = "30s"
        send = '{"type":"ping"}'
        expect = { "/type" = "pong" }
        [[answer]]
        when = { "/type" = "ping" }
        send = '{"type":"pong"}'
        [classify]
        close = { "4400,4401,4403,4406,4409,4429" = "stop", "4408" = "retry" }
    "#,
    ),
    (
        27,
        r#"
        [secret.key]
        [[ticket]]
        post = "/v1/realtime/client_secrets"
        auth = "Bearer {{key}}"
        json = { session = { type = "realtime", model = "gpt-realtime" } }
        error = "/error/code"
        take = { ephemeral = "/value" }
        life = { unix = "/expires_at" }
        [socket]
        path = "/v1/realtime"
        query = { model = "gpt-realtime" }
        protocols = ["realtime", "openai-insecure-api-key.{{ephemeral}}"]
        [[hello]]
        expect = { "/type" = "session.created" }
        [[end]]
        when = { "/type" = "error", "/error/code" = "session_expired" }
        then = "renew"
        reason = "/error/message"
    "#,
    ),
    (
        29,
        r#"
        [secret.token]
        [[ticket]]
        get = "/api/v10/gateway/bot"
        auth = "Bot {{token}}"
        take = { url = "/url" }
        reusable = true
        [socket]
        url = "{{url}}"
        query = { v = "10", encoding = "json" }
        [[hello]]
        expect = { "/op" = 10 }
        take = { interval = "/d/heartbeat_interval" }
        [[hello]]
        send = '{"op":2,"d":{"token":{{token|json}},"intents":0,"properties":{"os":"x","browser":"x","device":"x"}}}'
        expect = { "/op" = 0, "/t" = "READY" }
        take = { seq = "/s" }
        [heartbeat]
        every = { millis = "{{interval}}" }
        send = '{"op":1,"d":{{seq|json}}}'
        expect = { "/op" = 11 }
        [[answer]]
        when = { "/op" = 0, "/s" = "*" }
        take = { seq = "/s" }
        [[answer]]
        when = { "/op" = 1 }
        send = '{"op":1,"d":{{seq|json}}}'
        [[end]]
        when = { "/op" = 7 }
        then = "renew"
        [[end]]
        when = { "/op" = 9 }
        then = "retry"
        [classify]
        close = { "4004,4010-4014" = "stop" }
    "#,
    ),
    (
        30,
        r#"
        [secret.app_id]
        [secret.client_secret]
        [[login]]
        post = "https://bots.qq.com/app/getAppAccessToken"
        json = { appId = "{{app_id}}", clientSecret = "{{client_secret}}" }
        error = "/code"
        take = { token = "/access_token" }
        life = { seconds = "/expires_in" }
        [[ticket]]
        get = "https://api.sgroup.qq.com/gateway"
        auth = "QQBot {{token}}"
        take = { url = "/url" }
        reusable = true
        [socket]
        url = "{{url}}"
        [[hello]]
        expect = { "/op" = 10 }
        take = { interval = "/d/heartbeat_interval" }
        [[hello]]
        send = '{"op":2,"d":{"token":"QQBot {{token}}","intents":0,"shard":[0,1]}}'
        expect = { "/t" = "READY" }
        take = { seq = "/s" }
        [heartbeat]
        every = "{{interval}}ms"
        send = '{"op":1,"d":{{seq|json}}}'
        expect = { "/op" = 11 }
        [classify]
        close = { "4004,4010-4014,4914,4915" = "stop", "4008,4009" = "renew" }
    "#,
    ),
    (
        31,
        r#"
        [secret.client_id]
        [secret.token]
        [socket]
        path = "/ws"
        [[hello]]
        expect = { "/metadata/message_type" = "session_welcome" }
        take = { session = "/payload/session/id", keepalive = "/payload/session/keepalive_timeout_seconds" }
        [[hello]]
        [hello.request]
        post = "https://api.twitch.tv/helix/eventsub/subscriptions"
        headers = { Client-Id = "{{client_id}}" }
        auth = "Bearer {{token}}"
        json = { type = "user.update", version = "1", condition = { user_id = "1" }, transport = { method = "websocket", session_id = "{{session}}" } }
        error = "/error"
        [silence]
        after = "{{keepalive}}s 5s"
        [[end]]
        when = { "/metadata/message_type" = "session_reconnect" }
        then = "go"
        to = "/payload/session/reconnect_url"
        [classify]
        close = { "4003" = "stop", "4000-4002,4004-4007" = "retry" }
    "#,
    ),
    (
        32,
        r#"
        [secret.username]
        [secret.password]
        [[login]]
        post = "/login"
        form = { username = "{{username}}", password = "{{password}}" }
        take = { token = "/access_token" }
        life = { unix_ms = "?/expires_at" }
        [[ticket]]
        post = "/ticket"
        auth = "Bearer {{token}}"
        take = { ticket = "/ticket" }
        life = { seconds = "?/expires_in" }
        [socket]
        path = "/ws"
        query = { ticket = "{{ticket}}" }
        [classify]
        upgrade = { "401,403" = "ticket" }
    "#,
    ),
    (
        33,
        r#"
        [secret.cookie]
        [secret.csrf]
        [[ticket]]
        post = "/sync/ticket"
        headers = { Cookie = "BAPID={{cookie}}", X-CSRF-Header = "{{csrf}}" }
        take = { ticket = "/ticket" }
        [socket]
        path = "/ws"
        query = { ticket = "{{ticket}}" }
        protocols = ["wamp"]
        [[hello]]
        expect = { "/0" = 0 }
    "#,
    ),
    (
        34,
        r#"
        [secret.key]
        [[ticket]]
        post = "/v1/match/ws/ticket"
        auth = "Bearer {{key}}"
        take = { ticket = "/data/ticket" }
        life = { jwt = "ticket" }
        [socket]
        path = "/v1/match/ws"
        protocols = ["circle-match.v1", "ticket.{{ticket}}"]
        [classify]
        upgrade = { "401" = "ticket" }
    "#,
    ),
    (
        35,
        r#"
        [secret.session]
        [[ticket]]
        get = "/ably/auth"
        headers = { Cookie = "session={{session}}" }
        take = { token = "text" }
        life = { jwt = "token" }
        reusable = true
        [socket]
        query = { accessToken = "{{token}}", v = "3", format = "json", heartbeats = "true" }
        [[hello]]
        expect = { "/action" = 4 }
        take = { idle = "/connectionDetails/maxIdleInterval" }
        [silence]
        after = "{{idle}}ms 10s"
        [[end]]
        when = { "/action" = 6, "/error/code" = 40142 }
        then = "renew"
        reason = "/error/message"
        [[end]]
        when = { "/action" = 6 }
        then = "retry"
        reason = "/error/message"
        [[end]]
        when = { "/action" = 9 }
        then = "stop"
        reason = "/error/message"
    "#,
    ),
    (
        36,
        r#"
        [secret.key]
        [[ticket]]
        post = "/api/ws-ticket"
        headers = { x-api-key = "{{key}}" }
        take = { ticket = "/ticket" }
        life = { seconds = "/expires_in" }
        [socket]
        path = "/ws"
        query = { ticket = "{{ticket}}" }
    "#,
    ),
];

#[test]
fn thirty_three_of_thirty_six_services_can_be_written_down() {
    assert_eq!(SERVICES.len(), 33);
    for (number, steps) in SERVICES {
        let text = format!("name = 'Service {number}'\napi = 'https://api.example.com'\n{steps}");
        let profile = Profile::from_toml(&text).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert!(profile.service.is_some(), "{number}");
        let again = toml::to_string(&profile).unwrap();
        let again = Profile::from_toml(&again).unwrap_or_else(|error| panic!("{number}: {error}\n{again}"));
        assert_eq!(again, profile, "{number}");
    }
    let numbers: std::collections::BTreeSet<_> = SERVICES.iter().map(|(number, _)| *number).collect();
    let left_out: Vec<_> = (1..=36).filter(|number| !numbers.contains(number)).collect();
    assert_eq!(left_out, [3, 6, 28]);
}
