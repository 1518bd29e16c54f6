// The check of a film's path token, for nginx (njs) and for CloudFront Functions: plain JavaScript, HMAC only.
//
//     /media/{key id}.{expiry}.{mac}/{film key}/{file}
//     mac = base64url(HMAC-SHA256(key, "{expiry}\n{film key}")), without padding
//     key id = first 8 hex digits of SHA-256(key)
//
// The platform's own check is videos/tokens.py; tests/cdn/vectors.json holds for all of them.

var crypto = require('crypto');

var ADDRESS = /^\/media\/([0-9a-f]{8})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-][A-Za-z0-9._-]{0,150})$/;

function same(left, right) {
    var different = left.length ^ right.length;
    for (var place = 0; place < left.length; place++) {
        different |= left.charCodeAt(place) ^ right.charCodeAt(place % right.length);
    }
    return different === 0;
}

// The file's name in the bucket, or null. `keys`: the present key, and during a rotation the former one;
// `now`: seconds since 1970.
function check(path, keys, now) {
    var found = ADDRESS.exec(path);
    if (!found || Number(found[2]) <= now) {
        return null;
    }
    for (var place = 0; place < keys.length; place++) {
        var id = crypto.createHash('sha256').update(keys[place]).digest('hex').slice(0, 8);
        if (id === found[1]) {
            var mac = crypto.createHmac('sha256', keys[place]).update(found[2] + '\n' + found[4]).digest('base64url');
            return same(mac, found[3]) ? '/films/' + found[4] + '/' + found[5] : null;
        }
    }
    return null;
}
