// CloudFront Function (runtime 2.0, viewer request): opens a film's folder for whoever has its token.
// Build: cat token.js cloudfront.js. Keys: a key value store of the function with the entries "present" and,
// during a rotation, "former".

import cf from 'cloudfront';

var store = cf.kvs();

async function handler(event) {
    var request = event.request;
    var keys = [await store.get('present')];
    if (await store.exists('former')) {
        keys.push(await store.get('former'));
    }
    var file = check(request.uri, keys, Math.floor(Date.now() / 1000));
    if (file === null) {
        return {
            statusCode: 403,
            statusDescription: 'Forbidden',
            headers: {'cache-control': {value: 'no-store'}, 'access-control-allow-origin': {value: '*'}},
        };
    }
    request.uri = file;
    request.querystring = {};
    return request;
}
