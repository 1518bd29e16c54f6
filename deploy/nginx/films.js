// njs: the token's check for nginx. Build: cat ../edge/token.js films.js > /etc/nginx/njs/films.js
// Keys come from files: MEDIA_SIGNING_KEY_FILE and, during a rotation, MEDIA_SIGNING_KEY_FORMER_FILE.

var fs = require('fs');

function keys() {
    return [process.env.MEDIA_SIGNING_KEY_FILE, process.env.MEDIA_SIGNING_KEY_FORMER_FILE]
        .filter(function (path) { return path; })
        .map(function (path) { return fs.readFileSync(path, 'utf8').trim(); })
        .filter(function (key) { return key; });
}

// js_set: the name in the bucket, or "" for an address that opens nothing.
function file(request) {
    return check(request.uri, keys(), Math.floor(Date.now() / 1000)) || '';
}

export default {file};
