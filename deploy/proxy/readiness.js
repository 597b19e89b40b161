// The joined readiness, as `dijous up` answers it: ready when every service is, each check named `<service>.<part>`.

async function joined(r) {
  const services = r.variables.services.split(' ');
  const answers = await Promise.all(services.map((service) => r.subrequest(`/ready/${service}`)));
  const checks = {};
  answers.forEach((answer, at) => { Object.assign(checks, checksOf(services[at], answer)); });
  const isReady = answers.every((answer) => answer.status === 200);
  r.headersOut['Content-Type'] = 'application/json';
  r.headersOut['Cache-Control'] = 'no-store';
  r.return(isReady ? 200 : 503, JSON.stringify({ status: isReady ? 'ok' : 'not ready', checks: checks }));
}

function checksOf(service, answer) {
  const checks = {};
  try {
    const found = JSON.parse(answer.responseText).checks;
    Object.keys(found).forEach((part) => { checks[`${service}.${part}`] = found[part]; });
  } catch (error) { // the service is away: the answer is the proxy's own
    checks[service] = 'does not answer';
  }
  return checks;
}

export default { joined };
