import type { Texts } from './english.ts';
import { chooser, counter } from './plural.ts';
import { spanishDial } from './spanish-dial.ts';
import { spanishNotices } from './spanish-notices.ts';

const count = counter('es');
const choose = chooser('es');
const persons = (n: number): string => count(n, 'persona', 'personas');
const phones = (n: number): string => count(n, 'teléfono', 'teléfonos');
const can = (n: number): string => choose(n, 'puede', 'pueden');

export const spanish: Texts = {
  ...spanishNotices,
  product: 'Latchkey',
  titleHost: 'Anfitrión · Latchkey',
  titleMember: 'Reunión · Latchkey',
  language: 'Idioma',
  loading: 'Un momento…',
  again: 'Intentar de nuevo',
  reload: 'Volver a entrar',
  reloadHost: 'Volver a abrir la reunión',
  copied: 'Copiado',
  copyFailed: 'No se pudo copiar. Seleccione el texto y cópielo usted.',

  truth: {
    sealed: (people) => `${persons(people)} ${can(people)} oír. Ningún teléfono.`,
    sealedAlone: 'Solo está usted. Ningún teléfono.',
    sealedBody: 'Todo lo que se dice aquí va cifrado de navegador a navegador.',
    waiting: (people) => `${persons(people)} ${can(people)} oír. Un teléfono espera fuera.`,
    waitingBody: 'El puente telefónico está en la reunión sin clave: no puede oír ni ser oído.',
    asks: 'Un puente telefónico pide la clave de la reunión.',
    asksBody: 'No oye nada hasta que el anfitrión lo permita.',
    open: (people, n) => `${persons(people)} y ${phones(n)} pueden oír.`,
    openBridge: (people) => `${persons(people)} y el puente telefónico pueden oír.`,
    openBody: (operator) =>
      `El puente telefónico de ${operator} tiene la clave. Lo que se dice aquí sale allí del cifrado.`,
    speaks: (people, n) => `${persons(people)} ${can(people)} oír. ${phones(n)} ${can(n)} solo hablar.`,
    speaksBody: (operator) =>
      `El puente telefónico de ${operator} solo tiene la clave de su propia voz. No puede abrir las de los demás.`,
    opening: (operator) => `${operator} está recibiendo la clave.`,
    locking: (left) =>
      left === 0 ? 'Excluyendo al puente telefónico…' : `Excluyendo al puente telefónico: quedan ${left}`,
    lockingBody: 'Cada navegador cambia a una clave que el puente nunca tuvo.',
    noHost: 'El anfitrión no está.',
    noHostBody:
      'Sin el anfitrión nadie puede dejar entrar un teléfono ni retirar una clave, así que el sonido se detiene hasta que vuelva.',
    noHostCoHost:
      'El sonido se detiene hasta que vuelva el anfitrión o hasta que usted asuma la reunión. Entonces se crean claves nuevas y cada puente telefónico pierde la suya.',
    waitingForHost: 'Esperando al anfitrión',
    waitingForHostBody:
      'Está conectado. La reunión empieza cuando llegue el anfitrión. Nadie le oye todavía.',
    joining: 'Esperando la clave de la reunión',
    joiningBody:
      'El navegador del anfitrión comprueba su invitación; en una reunión bloqueada, o tras la retirada de una clave, el anfitrión le deja entrar a mano. Nadie le oye todavía.',
    alarm: 'Algo va mal en esta reunión',
    alarmBody: 'Lea la advertencia antes de continuar.',
    reconnecting: 'Conexión perdida. Conectando de nuevo…',
    locked: 'Bloqueada',
    takeOver: 'Asumir la reunión',
    takeOverAsk: '¿Asumir como anfitrión?',
    takeOverYes: 'Asumir ahora',
    takeOverNo: 'Esperar',
  },

  bridge: {
    title: 'Puente telefónico',
    none: 'No ha llamado ningún teléfono. Cuando alguien llame y conozca el PIN, el puente aparecerá aquí y esperará.',
    noneMember: 'No ha llamado ningún teléfono.',
    operatedBy: (operator) => `Operado por ${operator}`,
    state: {
      waiting: 'Espera, sin clave',
      asking: 'Pide la clave',
      granted: 'Permitido, tomando la clave',
      'holds-key': 'Tiene la clave',
      'locking-out': 'En proceso de exclusión',
      'locked-out': 'Excluido',
      'asked-to-rotate': 'Clave retirada, cambio pedido a las apps',
      denied: 'Rechazado, sin clave',
    },
    explain: {
      waiting:
        'Está en la reunión como un invitado ante la puerta. No puede oír, y nadie oye a quienes llaman.',
      asking: 'Se ha preguntado al anfitrión. Hasta la respuesta no puede oír.',
      granted: 'El anfitrión ha dicho que sí. Oye desde que abre la clave.',
      'holds-key': 'Oye a todos y lo transmite a las llamadas de abajo.',
      'locked-out': 'Nada de lo que tuvo abre lo que se dice ahora.',
      'asked-to-rotate':
        'Se pidió a la aplicación que cambiara de clave y no confirma que lo hiciera. No se afirma ninguna exclusión.',
      denied:
        'El anfitrión ha dicho que no. Se ha avisado a quienes llaman. Pueden volver a pedirlo pasado un minuto.',
    },
    explainListen:
      'Oye a todos y lo transmite a las llamadas de abajo. Los navegadores descartan lo que envía.',
    explainSpeak:
      'Transmite las llamadas de abajo a la reunión. No tiene ninguna clave que abra las voces de los demás.',
    lockingLeft: (left) =>
      left === 0
        ? 'Excluyendo…'
        : `Excluyendo: ${count(left, 'navegador debe', 'navegadores deben')} cambiar aún de clave`,
    lockedAfter: (seconds) => `Excluido a los ${seconds} s`,
    revoke: 'Retirar la clave',
    revokeHint: 'Un clic. Cada navegador cambia al instante a una clave nueva.',
    review: 'Ver la solicitud',
    callers: 'Llamadas',
    noCallers: 'Ahora ninguna llamada pide entrar.',
    leg: { waiting: 'espera, no oye nada', admitted: 'en la reunión', left: 'colgó' },
    legMuted: 'silenciada',
    mute: 'Silenciar',
    unmute: 'Reactivar',
    muteCaller: (caller) => `Silenciar a ${caller}`,
    unmuteCaller: (caller) => `Reactivar a ${caller}`,
    end: 'Colgar',
    endCaller: (caller) => `Colgar a ${caller}`,
    verification: {
      A: 'Número avalado por la compañía de quien llama (A)',
      B: 'Cliente conocido por la compañía, número sin comprobar (B)',
      C: 'Número no comprobado por la compañía (C)',
      failed: 'Falló la comprobación del número: puede ser falso',
      absent: 'Número sin comprobar: puede ser falso',
    },
    transport: {
      plain: 'Línea telefónica sin cifrar',
      provider: 'Cifrada hasta el proveedor de telefonía',
      unknown: 'Cifrado de la línea telefónica desconocido',
    },
    withheld: 'Número oculto',
    unknownCaller: 'Llamada desconocida',
    unknownOperator: 'un operador desconocido',
    scope: 'Permiso',
    audio: { both: 'oír y hablar', listen: 'solo escuchar', speak: 'solo hablar' },
    until: 'Hasta',
    untilEnd: 'el final de la reunión',
    untilAt: (time, left) => `${time} (quedan ${left})`,
    later: 'Llamadas posteriores',
    laterEach: 'cada una pregunta',
    laterNext: (n) => `las próximas ${n} entran sin preguntar`,
    laterAny: 'entran sin preguntar',
    suite: 'Sellado con',
    code: 'Código del puente',
    codeSame: 'El puente dicta los mismos dígitos a quienes llaman.',
    identity: { 'first-use': 'Nuevo en este navegador', changed: 'Identidad cambiada' },
    ledger: 'Registro de consentimiento',
    ledgerState: {
      'first-seen': 'visto por primera vez',
      consistent: 'continúa lo visto antes',
      fork: 'contradice lo visto antes',
    },
  },

  prompt: {
    title: '¿Dejar entrar al teléfono?',
    lead: (operator) => ({
      before: 'Usted da la clave de la reunión a ',
      operator,
      after:
        ', que promete conectar solo las llamadas que usted permita, no grabar nada y olvidar la clave cuando usted la retire.',
    }),
    titleMore: '¿Dejar entrar otra llamada?',
    leadMore: (operator) => ({
      before: 'La clave de la reunión ya la tiene ',
      operator,
      after: '. Las llamadas de esta lista esperan fuera. Solo entran si usted también las permite.',
    }),
    reason: {
      'identity-changed': 'La clave de este puente no es la que usted permitió antes.',
      'version-changed': 'El programa de este puente ha cambiado desde que usted lo permitió.',
      'scope-growth': 'Pide más de lo que usted permitió antes.',
      again: 'Ya tuvo la clave y la pide de nuevo.',
    },
    changedTitle: 'Este no es el puente que usted conoce',
    changedBody: (previous) =>
      `Hasta ahora este puente lo operaba ${previous} con otra clave. Permítalo solo si el operador le anunció el cambio por un medio distinto de esta página.`,
    changedBodyUnnamed:
      'Hasta ahora este puente tenía otra clave. Permítalo solo si el operador le anunció el cambio por un medio distinto de esta página.',
    firstUseTitle: 'Nuevo en este navegador',
    firstUseBody: 'Usted nunca ha permitido este puente desde aquí.',
    codeBody: 'Pregunte a quien llama qué código le dicta el puente y compárelo:',
    code: 'Código del puente',
    codeWaiting: 'El código está en camino…',
    codeNote:
      'Si los dígitos coinciden, usted y quien llama están en el mismo puente. No indican quién lo opera.',
    ledgerWaiting:
      'El puente aún debe probar que su registro de consentimiento solo ha crecido. Hasta entonces no se puede permitir.',
    forkTitle: 'Su registro de consentimiento se contradice',
    forkBody:
      'Lo que este puente presenta ahora no continúa lo que este navegador guardó: puede que se hayan quitado o cambiado entradas. No se puede permitir.',
    callers: (n) => choose(n, 'Esta llamada espera su respuesta', 'Estas llamadas esperan su respuesta'),
    chooseCallers: 'Quién entra',
    chooseNone: 'Elija al menos una llamada, o rechace.',
    merged: (n) =>
      `Su respuesta vale también para ${count(n, 'solicitud más', 'solicitudes más')} de este puente.`,
    leavesTitle: 'Qué sale del cifrado',
    leaves: (operator) =>
      `Cada voz, desde que usted permite hasta que retira la clave: se descifra en una máquina de ${operator} y sigue por la red telefónica, que puede escuchar.`,
    leavesSpeak: (operator) =>
      `Nada de la reunión. Las voces de quienes llaman pasan por una máquina de ${operator} y por la red telefónica, que puede escuchar.`,
    stays: 'Lo dicho antes sigue sellado. Usted da una clave nueva que no abre nada anterior.',
    audio: 'Qué pueden hacer las llamadas',
    audioBoth: 'Oír y hablar',
    audioListen: 'Solo escuchar',
    audioSpeak: 'Solo hablar',
    wants: {
      both: 'El puente pide oír y hablar.',
      listen: 'El puente pide solo escuchar.',
      speak: 'El puente pide solo hablar.',
    },
    speakImpossible:
      'Solo hablar no es posible ahora: requiere una clave propia para cada voz y ningún otro permiso para este puente.',
    duration: 'Durante cuánto tiempo',
    untilRevoked: 'Hasta que la retire',
    minutes: (n) => (n === 60 ? '1 hora' : `${n} minutos`),
    laterTitle: 'Llamadas posteriores',
    laterEach: 'Cada una me pregunta',
    laterNext: (n) => `Admitir las próximas ${n}`,
    laterAny: 'Admitir todas',
    details: 'Comprobar quién pide',
    operatorKey: 'Clave del operador',
    bridgeKey: 'Clave del puente',
    connector: 'Puente',
    suite: 'Sellado con',
    request: 'Solicitud',
    allow: 'Permitir',
    allowSoon: 'Permitir…',
    allowNot: 'No se puede permitir',
    deny: 'Rechazar',
    later: 'Decidir más tarde',
    changed: 'La solicitud ha cambiado. Léala de nuevo.',
    flash: '(!) El teléfono pide la clave',
  },

  people: {
    title: 'Quién puede oír',
    hasKey: 'tiene la clave',
    noKey: 'aún no tiene clave',
    speaksOnly: 'tiene solo la clave de su propia voz',
    you: 'Usted',
    host: 'Anfitrión',
    coHost: 'Coanfitrión',
    bridge: 'Puente telefónico',
    phone: 'Llamada',
    cannotHear: 'No puede oír',
    thumbprint: (t) => `Clave de dispositivo ${t}`,
    empty: 'Todavía no hay nadie más. Invite a alguien.',
    unnamed: 'Sin nombre',
    since: (time) => `desde las ${time}`,
    sinceEarlier: (time) => `desde las ${time} o antes`,
    leaving: 'ha salido, cambian las claves',
    lockingOut: 'en proceso de exclusión',
    removeName: (name) => `Retirar a ${name}`,
    removeAsk: (name) => `¿Retirar a ${name} de la reunión?`,
    removeYes: 'Retirar',
    removeNo: 'Mantener',
    lock: 'Bloquear la reunión',
    lockHint: 'Ningún puente nuevo ni llamada nueva. Los nuevos participantes requieren su clic.',
    lockedNote:
      'La reunión está bloqueada: ningún puente nuevo, ninguna llamada nueva y participantes solo con un clic del anfitrión.',
  },

  dial: spanishDial,

  knock: {
    title: (n) => `${count(n, 'persona pide', 'personas piden')} entrar`,
    why: {
      locked: 'La reunión está bloqueada',
      'after-revocation': 'Nuevo desde que se retiró una clave',
      'no-invite': 'Sin invitación válida',
    },
    admit: 'Dejar entrar',
    refuse: 'Rechazar',
    admitName: (name) => `Dejar entrar a ${name}`,
    refuseName: (name) => `Rechazar a ${name}`,
    note: 'Cada cual ha escrito su nombre. Deje entrar solo a quien espera y, si duda, compare la clave.',
  },

  invite: {
    title: 'Invitar',
    phone: 'Por teléfono',
    pin: 'PIN',
    code: 'Código de la reunión, si se pide',
    sip: 'Dirección SIP',
    link: 'Por navegador',
    copyAll: 'Copiar invitación',
    copyLink: 'Copiar enlace',
    phoneNote: 'Un teléfono espera hasta que usted lo deje entrar.',
    pinNew: 'Este PIN es nuevo. El anterior ya no abre nada.',
    pinReplaced:
      'Sustituido. Este conector no sabe por cuál; quizá lo sepa quien opera el puente. O pida uno nuevo: el actual ya no abrirá nada.',
    drawPin: 'Pedir un PIN nuevo',
    message: (link, phone, digits) =>
      [
        'Se le invita a una reunión cifrada.',
        '',
        `Por navegador: ${link}`,
        `Por teléfono: ${phone}`,
        digits,
        '',
        'Por teléfono, espere hasta que el anfitrión le deje entrar. La red telefónica no está cifrada.',
      ].join('\n'),
    codeLine: (code) => `Código de la reunión, si se pide: ${code}`,
    pinLine: (pin) => `PIN: ${pin}`,
    or: (number, sip) => `${number} (o ${sip})`,
  },

  security: {
    title: 'Seguridad',
    points: (epoch) => [
      'Sonido: AES-256-GCM, una clave por cada voz, nueva cada vez que alguien entra o sale.',
      `Está en uso el cambio de clave número ${epoch} de esta reunión.`,
      'Las claves se sellan con X-Wing (X25519 con ML-KEM-768) para el navegador de cada persona.',
      'Las decisiones se firman con una clave de dispositivo que no puede salir de su navegador.',
    ],
    code: 'Código de seguridad',
    yourKey: 'Su clave de dispositivo',
    compare: 'Todos en esta reunión ven el mismo código de seguridad. Si tiene dudas, compárelo en voz alta.',
    operators: 'Puentes que pueden pedir',
    limits:
      'El código de esta página viene de quien opera el puente. Quien tenga la clave podría dejar que otros escuchen; a todos los demás los deja fuera el cifrado.',
  },

  controls: {
    label: 'Micrófono y reunión',
    mute: 'Silenciar',
    unmute: 'Reactivar',
    microphone: 'Micrófono',
    defaultMicrophone: 'Micrófono predeterminado',
    leave: 'Salir',
    end: 'Terminar para todos',
    endAsk: '¿Terminar la reunión para todos?',
    endYes: 'Terminar',
    endNo: 'Seguir',
    denied:
      'El navegador bloquea el micrófono. Puede escuchar. Para hablar, permítalo en la barra de direcciones e inténtelo de nuevo.',
    missing: 'No se ha encontrado ningún micrófono. Puede escuchar. Conecte uno e inténtelo de nuevo.',
    failed: 'El micrófono no responde. Puede que lo use otro programa.',
    off: 'Micrófono apagado',
    listen: 'Oír la reunión',
    listenNote: 'Su navegador espera un clic antes de reproducir sonido.',
  },

  say: {
    dial: (name, how) => `${name}: ${how}`,
    joined: (name) => `${name} ha entrado`,
    left: (name) => `${name} ha salido`,
    bridgeWaiting: (operator) => `Un puente telefónico, operado por ${operator}, espera sin clave`,
    bridgeAsks: (operator) => `${operator} pide la clave de la reunión`,
    bridgeHolds: (operator) => `${operator} tiene ahora la clave de la reunión`,
    bridgeDenied: (operator) => `Se ha rechazado a ${operator}`,
    bridgeLocking: 'Se está excluyendo al puente telefónico',
    bridgeLocked: (seconds) => `El puente telefónico ha quedado excluido a los ${seconds} segundos`,
    bridgeLockedPlain: 'El puente telefónico ha quedado excluido',
    bridgeGone: 'El puente telefónico ha salido',
    callerIn: (caller) => `${caller} está en la reunión`,
    callerOut: (caller) => `${caller} ha colgado`,
    callerMuted: (caller) => `${caller} está en silencio`,
    callerUnmuted: (caller) => `${caller} ya no está en silencio`,
    knocks: (name) => `${name} pide entrar`,
    locked: 'La reunión está bloqueada',
    unlocked: 'La reunión ya no está bloqueada',
    hostGone: 'El anfitrión no está. El sonido se detiene hasta que vuelva',
    hostBack: 'El anfitrión está aquí',
    youHost: 'Ahora usted es el anfitrión',
    inMeeting: 'Está en la reunión',
    muted: 'Micrófono silenciado',
    unmuted: 'Micrófono activado',
  },
};
