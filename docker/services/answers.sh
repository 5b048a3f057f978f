# Sourced by readiness probes: whether a service answers on the loopback address. Only Bash, so that it runs in any image.

# accepts PORT: the port accepts connections.
accepts() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# gives_200 PORT PATH: the HTTP service at the port answers with status 200, within 5 seconds.
gives_200() {
    local status
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$2" "$1" >&3
    read -r -t 5 _ status _ <&3 || return 1
    exec 3>&-
    [ "$status" = 200 ]
} 2>/dev/null
