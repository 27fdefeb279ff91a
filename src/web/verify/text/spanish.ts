import { counter } from '../../pages/text/plural.ts';
import type { Texts } from './english.ts';

const n = counter('es');

export const spanish: Texts = {
  title: 'Comprobar un registro de consentimientos · Latchkey',
  language: 'Idioma',
  offline: 'Nada sale de esta página',

  start: {
    title: 'Comprobar un registro de consentimientos',
    lead: 'Un registro de Latchkey dice quién dio la clave de una reunión a un puente telefónico, cuándo se retiró y quién al teléfono pudo oír entretanto. Esta página comprueba cada firma y cada hash que contiene, aquí, en su navegador.',
    drop: 'Suelte aquí una exportación',
    checking: (name) => `Comprobando ${name}`,
    made: ['Hecha con ', ': un archivo de líneas JSON.'],
    kept: 'Añada lo que usted mismo guardó: el archivo de pruebas de un anfitrión, un punto de control anotado antes. Se cotejan con la exportación; un archivo de pruebas también se puede comprobar solo.',
    choose: 'Elegir archivos',
    notesLabel: 'Qué hace esta página',
    notes: [
      [
        'No necesita la palabra de nadie',
        'Anfitriones y participantes firmaron lo que decidieron. La página calcula a partir de eso, no de lo que dice el puente.',
      ],
      ['Funciona sin red', 'No se conecta a nada y no guarda nada. Desconecte antes la red, si quiere.'],
      [
        'Encuentra lo que se cambió',
        'Un byte, un evento, un orden, una fecha, una clave: lo que no se sostiene se nombra, con su lugar.',
      ],
    ],
  },

  faults: {
    unreadable: (name, why) => `No se puede leer «${name}»: ${why}.`,
    empty: 'el archivo está vacío',
    'not-an-export':
      'no es ni una exportación del registro de versión 1, ni el archivo de pruebas de un anfitrión, ni un punto de control',
    'not-a-record': (line) => `la línea ${line} de la exportación no es una entrada`,
    'too-long': 'es más largo, o tiene una línea más larga, que cualquier archivo así',
    'not-text': 'no es texto en UTF-8',
    'ledger-itself':
      'es el registro mismo, no una exportación: escriba una con «latchkey ledger export --out ARCHIVO»',
    'bad-evidence': 'no es un archivo de pruebas de versión 1',
    browser: 'este navegador no se lo da a la página',
    'checkpoint-alone':
      'Un punto de control solo no prueba nada: añada la exportación con la que se debe cotejar.',
  },

  verdict: {
    good: 'El registro supera la comprobación',
    bad: 'El registro no supera la comprobación',
    evidenceGood: 'Las pruebas superan la comprobación',
    evidenceBad: 'Las pruebas no superan la comprobación',
    broken:
      'Algo en él se cambió, se omitió o se inventó. Lo que sigue es lo que dice, no lo que está probado.',
    trusted: 'Cada firma y cada hash se sostiene, bajo una clave en la que usted confía.',
    consistent:
      'Cada firma y cada hash se sostiene. Quien lo escribió podría aun así haberlo inventado entero: dé una huella que tenga de otra parte.',
    evidenceAlone:
      'Lo que firmó el anfitrión es una cadena, y lo que se le probó se sostiene. Para saber si el registro aún lo dice hace falta también su exportación.',
    events: (count) => n(count, 'evento', 'eventos'),
    messages: (count) => n(count, 'mensaje firmado', 'mensajes firmados'),
    other: 'Comprobar otro',
  },

  findings: {
    title: 'Hallazgos',
    none: 'Nada que señalar: ningún hueco, ningún cambio, ninguna firma que no se sostenga.',
    more: (count) => `… y ${count} más.`,
    event: (seq) => `Evento ${seq}: `,
    line: (line) => `Pruebas, línea ${line}: `,
    severity: { broken: 'Falso', warning: 'Aviso', note: 'Nota' },
  },

  unchecked: {
    title: 'Lo que no se pudo comprobar',
    untrusted: 'De quién es el registro: no se dio ninguna huella que usted tenga de otra parte.',
    unremembered:
      'Si se reescribió entero: no se dio ni un archivo de pruebas ni un punto de control que alguien guardara.',
    unwitnessed: 'Si a otros se les mostró el mismo registro: nadie lo cofirmó.',
    cosignedTo: (size, all) =>
      `${n(all - size, 'último evento no está cofirmado', 'últimos eventos no están cofirmados')} por nadie: que tras el evento ${size - 1} no se omitió nada solo lo dice el conector.`,
    withoutExport: 'Si el registro contiene aún lo que se probó al anfitrión: no se dio su exportación.',
    pruned: (count) =>
      `Lo que decía en ${n(count, 'evento podado', 'eventos podados')}: de ello solo quedan hashes.`,
    erased: (count) =>
      `${n(count, 'borrado inscrito', 'borrados inscritos')} de datos personales: ya no se puede mostrar quién se llamaba así.`,
    noLabels:
      'Quiénes son los que llaman: el registro contiene hashes de sus etiquetas, y la exportación se hizo sin las etiquetas.',
    claimed: (count) =>
      `${n(count, 'final', 'finales')} de escucha: solo consta la palabra del conector, por eso se muestra el tiempo más largo.`,
    lasting: (count) =>
      `${n(count, 'tiempo no tiene', 'tiempos no tienen')} final en este registro: lo que vino después no está en él.`,
    cut: 'La parte posterior de la reunión: el archivo de pruebas se llenó antes de su final.',
    leftOut: (count) =>
      `${n(count, 'número', 'números')} de la cadena del anfitrión: las señales de vida no están en un archivo de pruebas.`,
    otherMeetings: (count) =>
      `${n(count, 'otra reunión', 'otras reuniones')} de este registro: el archivo de pruebas trata de una sola.`,
    clock: 'La hora: es el reloj del propio conector. Lo que atan las pruebas son el orden y las distancias.',
    people:
      'Quién estaba al teléfono o ante un navegador: firman claves, no personas. Lo que se dijo no consta en ninguna parte.',
  },

  trust: {
    title: 'Una clave en la que confía',
    label: 'Huella',
    help: 'De la clave del operador o del registro: del sitio del operador, de un contrato o de sus propias notas.',
    check: 'Comprobar con ella',
  },

  kept: {
    title: 'Lo que usted mismo guardó',
    none: 'Nada todavía. El archivo de pruebas de un anfitrión, o un punto de control anotado antes, muestra si el registro se reescribió desde entonces.',
    evidence: 'Archivo de pruebas de un anfitrión',
    checkpoint: 'Punto de control guardado',
    add: 'Añadir archivos',
    remove: (name) => `Quitar ${name}`,
  },

  evidence: {
    title: 'Las pruebas del anfitrión',
    meeting: 'Reunión',
    hosts: 'Claves de sus anfitriones',
    operators: 'Operadores que aparecieron',
    rotated: (from) => `sucede a ${from}`,
    messages: 'Mensajes firmados',
    proven: 'Probado como inscrito en el registro',
    provenText: (count) => n(count, 'permiso o clave', 'permisos y claves'),
    decisions: 'Decidido por coanfitriones',
    cosigned: 'Cofirmado por',
    keys: (count) => n(count, 'clave', 'claves'),
    none: 'ninguno',
  },

  ledger: {
    title: 'De quién es el registro',
    operator: 'Operador',
    operatorKey: 'Clave del operador',
    connector: 'Conector',
    ledgerKey: 'Clave del registro',
    root: 'Raíz del árbol',
    noRoot: 'ninguna que se sostenga',
    witnesses: 'Testigos',
    noWitness: 'nadie lo cofirmó',
    cosigned: (count) => n(count, 'clave independiente lo cofirmó', 'claves independientes lo cofirmaron'),
    notStated: 'no indicado',
  },

  meetings: {
    title: 'Reuniones',
    none: 'Ningún puente pidió una clave en este registro.',
    meeting: 'Reunión',
    choice: (number, all, id) => `${number} de ${all} · ${id}`,
    leftOut: (count) =>
      `${n(count, 'evento posterior comprobado y no mostrado', 'eventos posteriores comprobados y no mostrados')}: «latchkey ledger intervals» los muestra todos.`,
  },

  timeline: {
    title: 'Quién oyó a quién, y cuándo',
    label: (day, from, to, lanes) =>
      `${day}, de ${from} a ${to} UTC: ${lanes}. Las tablas de abajo dicen lo mismo en palabras.`,
    bridge: 'Puente',
    numberedBridge: (number) => `Puente ${number}`,
    caller: (number) => `Llamante ${number}`,
    held: 'tenía la clave',
    could: {
      both: 'podía oír y hablar',
      hear: 'solo podía oír',
      speak: 'solo podía hablar',
    },
    neverKey: 'nunca tuvo la clave',
    neverHeard: 'nunca oyó ni habló',
    during: (what, duration) => `${what} durante ${duration}`,
    noEnd: (said) => `${said}, sin final inscrito`,
    span: (what, from, to, end) => `${what}, de ${from} a ${to}. ${end}`,
    mark: (seq, at, what) => `Evento ${seq}, ${at}: ${what}`,
    legend: 'Leyenda',
    bridgeHeld: 'el puente tenía la clave',
    onTheLine: 'en línea, dice el conector',
    marks: {
      request: 'pedido',
      grant: 'concedido o admitido',
      no: 'rechazado o sin respuesta',
      revoked: 'retirado o terminado',
      crash: 'anfitrión perdido',
    },
  },

  intervals: {
    title: 'Lo que cada llamante pudo oír y decir',
    none: 'Ningún llamante pudo oír ni hablar en esta reunión.',
    caller: 'Llamante',
    could: 'Podía',
    from: 'Desde',
    until: 'Hasta',
    duration: 'Durante',
    word: 'Por la palabra de quién',
    able: { both: 'oír y hablar', hear: 'solo oír', speak: 'solo hablar' },
    reason: (seq, why) => `Evento ${seq}: ${why}.`,
    grant: 'Permiso',
    list: 'Lista del anfitrión',
    byHost: 'con la clave de anfitrión',
    end: {
      proven: 'Terminado por lo que firmaron anfitrión y participantes.',
      claimed: 'Terminado solo según la palabra del conector.',
      lasting: 'No consta ningún final.',
    },
    witnesses: (count) => `${n(count, 'testigo', 'testigos')} hasta el final.`,
  },

  events: {
    title: 'Todo lo que consta',
    event: 'Evento',
    when: 'Cuándo',
    what: 'Qué',
    whom: 'De quién',
  },

  duration: { s: 's', min: 'min', h: 'h' },

  types: {
    start: 'El conector arrancó',
    stop: 'El conector se detuvo',
    recovered: 'El conector volvió tras una caída',
    drain: 'El conector empezó a apagarse',
    'registration-seen': 'Se registró la reunión',
    'meeting-taken': 'Este conector se hizo cargo de la reunión entre varios',
    'instance-start': 'El anfitrión abrió la reunión',
    'instance-end': 'El anfitrión terminó la reunión',
    request: 'El puente pidió la clave',
    grant: 'El anfitrión concedió la clave',
    denial: 'El anfitrión dijo que no',
    decision: 'Un coanfitrión decidió',
    expired: 'Nadie respondió al puente',
    'leg-asked': 'El puente pidió admitir llamantes',
    'leg-admitted': 'El anfitrión admitió al llamante',
    'dial-requested': 'Un anfitrión pidió llamar a un teléfono',
    'dial-ended': 'La llamada a ese teléfono terminó, o quien contestó aceptó',
    'leg-refused': 'La espera del llamante terminó sin un sí',
    'leg-joined': 'El llamante entró en la sala',
    'leg-left': 'El llamante salió de la sala',
    'leg-muted': 'El anfitrión terminó o silenció al llamante',
    'notice-answered': 'El llamante respondió al aviso',
    'call-ended': 'La llamada terminó',
    'pin-refused': 'Se rechazó un PIN',
    'pin-replaced': 'El anfitrión pidió un PIN nuevo',
    'key-opened': 'El puente abrió la clave',
    rekeyed: 'El anfitrión dio al puente la clave siguiente',
    'key-destroyed': 'El puente destruyó su clave',
    receipt: 'El puente firmó un recibo',
    revoked: 'El anfitrión retiró la clave',
    'gate-closed': 'El puente cerró su puerta',
    'heartbeat-lost': 'El puente perdió de vista al anfitrión',
    refused: 'Se rechazó un mensaje',
    'operator-action': 'El operador hizo algo',
    'admin-action': 'Un operador pidió una acción',
  },
};
