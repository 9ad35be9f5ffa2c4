"""Makes a client from an OpenAPI document, with Python's standard library and jsonschema, and calls every operation with it.

Usage: drive.py BASE_URL SETUP_TOKEN SERVICE_TOKEN. Prints the operations it called as JSON. Ends with a traceback if an answer
is not as the document says.
"""

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

from jsonschema import Draft202012Validator, RefResolver


class Client:
    """Each operation of the document, by its operationId."""

    def __init__(self, base, document):
        self.base, self.document = base, document
        self.cookie, self.token, self.called = None, None, set()
        self.resolver = RefResolver.from_schema(document)
        self.operations = {operation['operationId']: (method.upper(), path, operation)
                           for path, item in document['paths'].items() for method, operation in item.items()}

    def call(self, operation_id, expected, body=None, headers=None, **values):
        method, path, operation = self.operations[operation_id]
        parameters = self.check_parameters(operation, values)
        if body is not None:
            self.validate(operation['requestBody']['content']['application/json']['schema'], body)
        filled = re.sub(r'\{(\w+)\}', lambda name: urllib.parse.quote(parameters['path'][name[1]], safe=''), path)
        query = urllib.parse.urlencode(parameters['query'])
        request = urllib.request.Request(
            f'{self.base}{filled}' + (f'?{query}' if query else ''), method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={'Content-Type': 'application/json', **self.credentials(operation), **parameters['header'], **(headers or {})})
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        assert answer.status == expected, f'{operation_id}: {answer.status}, expected {expected}: {answer.read()}'
        self.called.add(operation_id)
        return self.read(operation_id, operation['responses'][str(expected)], answer)

    def check_parameters(self, operation, values):
        places = {'path': {}, 'query': {}, 'header': {}}
        known = {parameter['name']: parameter for parameter in operation.get('parameters', [])}
        for name, value in values.items():
            parameter = known[name.replace('_', '-')]
            self.validate(parameter['schema'], value)
            places[parameter['in']][parameter['name']] = value
        missing = [name for name, parameter in known.items() if parameter['required'] and name not in values]
        assert missing == [], missing
        return places

    def credentials(self, operation):
        schemes = {name for scheme in operation['security'] for name in scheme}
        if self.token and 'service' in schemes:
            return {'Authorization': f'Bearer {self.token}'}
        return {'Cookie': self.cookie} if self.cookie and 'session' in schemes or operation['operationId'] == 'logout' else {}

    def read(self, operation_id, response, answer):
        response = self.look_up(response)
        for name, header in response.get('headers', {}).items():
            header, value = self.look_up(header), answer.headers.get(name)
            assert value is not None or not header.get('required'), f'{operation_id}: {name} is missing'
            if value is not None:
                self.validate(header['schema'], int(value) if header['schema']['type'] == 'integer' else value)
        for cookie in answer.headers.get_all('Set-Cookie') or []:
            self.cookie = cookie.split(';')[0]
        text = answer.read().decode()
        if 'content' not in response:
            assert text == '', f'{operation_id}: a body that is not described'
            return None
        media_type = answer.headers['Content-Type'].split(';')[0]
        schema = response['content'][media_type]['schema']
        if media_type == 'text/event-stream':
            return [self.validate(schema, self.event(block)) for block in text.split('\n\n') if block]
        return self.validate(schema, json.loads(text) if media_type == 'application/json' else text)

    def validate(self, schema, value):
        Draft202012Validator(schema, resolver=self.resolver).validate(value)
        return value

    def look_up(self, value):
        return self.resolver.resolve(value['$ref'])[1] if '$ref' in value else value

    @staticmethod
    def event(block):
        name, data = re.fullmatch(r'event: (\S+)\ndata: (.*)', block).groups()
        return {'event': name, 'data': json.loads(data)}


def drive(api, setup_token, service_token):
    owner = {'email': 'owner@example.com', 'password': 'the first password'}
    following = {'email': owner['email'], 'password': 'the second password'}
    key = {'credential': 'nc_demo_standard'}
    for name in ['live', 'ready', 'openapi']:
        api.call(name, 200)
    assert api.call('getSetup', 200) == {'pending': True}
    api.call('getSession', 401)
    api.call('setup', 200, {**owner, 'token': setup_token})
    api.call('getSession', 200)
    api.call('changePassword', 200, {'current': owner['password'], 'next': following['password']})
    api.call('logout', 204)
    api.cookie = None
    api.call('login', 401, owner)
    api.call('login', 200, following)
    account = api.call('createUser', 201, {'email': 'auditor@example.com', 'password': 'auditor password', 'role': 'viewer'})
    api.call('createUser', 409, {'email': 'auditor@example.com', 'password': 'auditor password', 'role': 'viewer'})
    api.call('updateUser', 200, {'role': 'admin'}, id=account['id'])
    assert len(api.call('listUsers', 200)['users']) == 2
    api.call('deleteUser', 204, id=account['id'])
    api.call('deleteUser', 404, id=account['id'])

    assert api.call('previewLicense', 200, key)['method'] == 'standard'
    api.call('removeLicense', 409)
    api.call('saveLicense', 422, {'credential': 'words that are no key'})
    events = api.call('saveLicense', 200, key, {'Accept': 'text/event-stream'})
    assert [each['event'] for each in events][-1] == 'done'
    assert api.call('saveLicense', 200, key)['state'] == 'active'
    api.call('checkIn', 200)
    api.call('putBack', 404)
    api.call('diagnose', 200)
    api.call('diagnose', 200, None, {'Accept': 'text/event-stream'})
    api.call('rehearse', 200, {'clockOffsetSeconds': 86_400})
    api.call('listCheckIns', 200, days=2)
    api.call('listEvents', 200, limit=5, kind='license')
    api.call('exportEvents', 200, format='csv')
    for name in ['getLicense', 'exportEvents', 'getDiagnostics', 'getSupportBundle', 'getActivationRequest', 'getOutbound']:
        api.call(name, 200)

    api.token = service_token
    api.call('getEntitlements', 200)
    for name in ['listFeatures', 'metrics']:
        api.call(name, 200)
    api.call('putUsage', 204, {'seats': 3})
    api.call('checkFeature', 204, name='sso')
    api.call('checkFeature', 402, name='no-such-feature')
    api.call('checkFeature', 403, name='no-such-feature', deny='403')
    for name, (method, path, _) in api.operations.items():
        if method == 'HEAD':
            api.call(name, 204 if name == 'checkFeatureHead' else 200, **({'name': 'sso'} if '{name}' in path else {}))
    api.call('removeLicense', 200)


def main(base, setup_token, service_token):
    with urllib.request.urlopen(f'{base}/api/openapi.json') as answer:
        api = Client(base, json.load(answer))
    drive(api, setup_token, service_token)
    print(json.dumps(sorted(api.called)))


main(*sys.argv[1:])
